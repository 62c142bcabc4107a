#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace herd::cli {

// The lines of a table without their ends: columns as wide as their widest cell, `gap` spaces
// between them. `right`: the columns, from 0, that are set flush right. Each character of UTF-8
// counts as one column. Rows may be shorter than the first.
std::vector<std::string> TextTable(const std::vector<std::vector<std::string>>& rows,
                                   const std::vector<std::size_t>& right, std::size_t gap = 2);

}  // namespace herd::cli
