#include "cli/text_table.h"

#include <algorithm>
#include <string_view>

namespace herd::cli {
namespace {

std::size_t Columns(std::string_view text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

}  // namespace

std::vector<std::string> TextTable(const std::vector<std::vector<std::string>>& rows,
                                   const std::vector<std::size_t>& right, std::size_t gap) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Columns(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line.append(gap, ' ');
      const std::string padding(widths[i] - Columns(row[i]), ' ');
      const bool flush_right = std::ranges::find(right, i) != right.end();
      line += flush_right ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace herd::cli
