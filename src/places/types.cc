#include "places/types.h"

#include <algorithm>

#include "places/text.h"

namespace herd::places {
namespace {

// More than this is a mistake in the data, not a kind of place.
constexpr std::size_t kTypesBytesMax = 256;

char Normal(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool kept =
      (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
  return kept ? c : '_';
}

}  // namespace

void TypeList::Add(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(";,|"), text.size());
    AddOne(Trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void TypeList::AddOne(std::string_view type) {
  if (type.empty() || text_.size() + 1 + type.size() > kTypesBytesMax) return;
  std::string normal(type);
  std::ranges::transform(normal, normal.begin(), Normal);
  if ((" " + text_ + " ").find(" " + normal + " ") != std::string::npos) return;
  if (!text_.empty()) text_ += ' ';
  text_ += normal;
}

}  // namespace herd::places
