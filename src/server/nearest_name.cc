#include "server/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace herd::server {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters inserted, left out, replaced or swapped with the next one (the restricted
// Damerau-Levenshtein distance).
std::size_t Edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = Lower(a[i - 1]) == Lower(b[j - 1]) ? 0 : 1;
      edits[i][j] =
          std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + replaced});
      const bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
                           Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> NearestName(std::string_view written,
                                       std::span<const std::string> names) {
  // The table of Edits grows with the square of this; no name of ours is near as long.
  constexpr std::size_t kLengthMax = 64;
  if (written.size() > kLengthMax) return std::nullopt;
  std::optional<std::string> nearest;
  std::size_t edits_min = 0;
  for (const std::string& name : names) {
    const std::size_t edits = Edits(written, name);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(written.size(), name.size()) / 3);
    if (edits > allowed || edits >= name.size() || (nearest && edits >= edits_min)) continue;
    nearest = name;
    edits_min = edits;
  }
  return nearest;
}

}  // namespace herd::server
