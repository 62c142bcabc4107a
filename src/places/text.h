#pragma once

#include <cstddef>
#include <string_view>

namespace herd::places {

// Without white space (space, tab, CR, LF, FF, VT) at either end.
std::string_view Trimmed(std::string_view text);

// At most `bytes_max` bytes of the beginning, never ending inside a UTF-8 character.
std::string_view CutUtf8(std::string_view text, std::size_t bytes_max);

}  // namespace herd::places
