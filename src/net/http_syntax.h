#pragma once

#include <algorithm>
#include <string_view>

// The few productions of RFC 9110, 5.6 that the readers of heads and of bodies check themselves.
namespace herd::net {

// One of the characters of methods and of the names of headers.
constexpr bool IsTokenCharacter(char c) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

constexpr bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenCharacter);
}

// Whether no control character but a tab is in it.
constexpr bool IsFieldValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace herd::net
