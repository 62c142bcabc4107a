#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace herd::wire {

// White space of the protocol: space, tab, LF, VT, FF and CR, whatever the locale says.
constexpr bool IsSpace(char c) {
  // A bit for each; most bytes are above ' ', and then the first comparison is enough.
  constexpr std::uint64_t kSpaces =
      1ULL << ' ' | 1ULL << '\t' | 1ULL << '\n' | 1ULL << '\v' | 1ULL << '\f' | 1ULL << '\r';
  return static_cast<unsigned char>(c) <= ' ' &&
         (kSpaces >> static_cast<unsigned char>(c) & 1U) != 0;
}

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// What a digit says; above 9 for any other byte.
constexpr unsigned DigitOf(char c) {
  return static_cast<unsigned char>(c) - unsigned{'0'};
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
