#include "cli/rows.h"

#include <cstddef>

#include "wire/shown.h"

namespace herd::cli {

void Rows::LeaveOut(std::string_view reason, std::uint64_t line, std::string_view example) {
  constexpr std::size_t kExampleBytesMax = 60;
  const auto [entry, is_new] = left_out.try_emplace(std::string(reason));
  LeftOut& left = entry->second;
  ++left.count;
  if (!is_new) return;
  left.first_line = line;
  wire::AppendShown(left.example, example.substr(0, kExampleBytesMax));
}

}  // namespace herd::cli
