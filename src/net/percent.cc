#include "net/percent.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace herd::net {
namespace {

constexpr bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

// What may stand in a segment as it is: RFC 3986 calls it pchar.
constexpr bool IsPlain(char c) {
  return IsUnreserved(c) || std::string_view("!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

}  // namespace

std::string PercentEncode(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string segment;
  for (const char c : bytes) {
    if (IsUnreserved(c)) {
      segment += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    segment += '%';
    segment += kHex[byte >> 4U];
    segment += kHex[byte & 0xFU];
  }
  return segment;
}

std::optional<std::string> PercentDecode(std::string_view segment) {
  constexpr std::size_t kDigits = 2;
  std::string bytes;
  while (!segment.empty()) {
    const char c = segment.front();
    segment.remove_prefix(1);
    if (c != '%') {
      if (!IsPlain(c)) return std::nullopt;
      bytes += c;
      continue;
    }
    const std::string_view digits = segment.substr(0, kDigits);
    std::uint8_t byte = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() < kDigits || error != std::errc() || end != digits.data() + digits.size())
      return std::nullopt;
    bytes += static_cast<char>(byte);
    segment.remove_prefix(kDigits);
  }
  return bytes;
}

}  // namespace herd::net
