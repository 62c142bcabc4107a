#pragma once

#include <cstddef>
#include <string_view>

namespace herd::wire {

// White space of the protocol: space, tab, LF, VT, FF and CR, whatever the locale says.
constexpr bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Cuts the digits off the front of `text` and returns them; may be none.
constexpr std::string_view TakeDigits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

}  // namespace herd::wire
