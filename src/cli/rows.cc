#include "cli/rows.h"

#include <cstddef>

namespace herd::cli {

void Rows::LeaveOut(std::string_view reason, std::uint64_t line, std::string_view example) {
  constexpr std::size_t kExampleBytesMax = 60;
  const auto [entry, is_new] = left_out.try_emplace(std::string(reason));
  LeftOut& left = entry->second;
  ++left.count;
  if (!is_new) return;
  left.first_line = line;
  for (const char c : example.substr(0, kExampleBytesMax)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    left.example += control ? '?' : c;
  }
}

}  // namespace herd::cli
