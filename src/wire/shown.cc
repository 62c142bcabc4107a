#include "wire/shown.h"

#include <algorithm>
#include <array>
#include <boost/locale/utf.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace herd::wire {
namespace {

using Utf8 = boost::locale::utf::utf_traits<char>;
using boost::locale::utf::code_point;

struct CodePoints {
  code_point first = 0;
  code_point last = 0;
};

// Unicode 15: general category Cc, White_Space but U+0020, and Default_Ignorable_Code_Point
// (DerivedCoreProperties.txt), in order.
constexpr std::array kUnseen = {
    CodePoints{0x0000, 0x001F},   CodePoints{0x007F, 0x00A0},   CodePoints{0x00AD, 0x00AD},
    CodePoints{0x034F, 0x034F},   CodePoints{0x061C, 0x061C},   CodePoints{0x115F, 0x1160},
    CodePoints{0x1680, 0x1680},   CodePoints{0x17B4, 0x17B5},   CodePoints{0x180B, 0x180F},
    CodePoints{0x2000, 0x200F},   CodePoints{0x2028, 0x202F},   CodePoints{0x205F, 0x206F},
    CodePoints{0x3000, 0x3000},   CodePoints{0x3164, 0x3164},   CodePoints{0xFE00, 0xFE0F},
    CodePoints{0xFEFF, 0xFEFF},   CodePoints{0xFFA0, 0xFFA0},   CodePoints{0xFFF0, 0xFFF8},
    CodePoints{0x1BCA0, 0x1BCA3}, CodePoints{0x1D173, 0x1D17A}, CodePoints{0xE0000, 0xE0FFF}};

bool IsSeen(code_point point) {
  const auto* const range = std::ranges::lower_bound(kUnseen, point, {}, &CodePoints::last);
  return range == kUnseen.end() || point < range->first;
}

bool IsPlain(char c) {
  return c >= ' ' && c <= '~' && c != '\\';
}

// The length in bytes of the first character of `bytes`, which are not empty; 0 when it is not
// UTF-8 or not seen.
std::size_t SeenLength(std::string_view bytes) {
  const char* at = bytes.data();
  const code_point point = Utf8::decode(at, bytes.data() + bytes.size());
  if (!boost::locale::utf::is_valid_codepoint(point) || !IsSeen(point)) return 0;
  return static_cast<std::size_t>(at - bytes.data());
}

void AppendHex(std::string& out, char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto code = static_cast<std::uint8_t>(byte);
  out += "\\x";
  out += kHex[code >> 4U];
  out += kHex[code & 0xFU];
}

// The byte of two hex digits.
std::optional<char> ParseHex(std::string_view digits) {
  std::uint8_t code = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto [rest, error] = std::from_chars(begin, end, code, 16);
  if (digits.size() != 2 || error != std::errc() || rest != end) return std::nullopt;
  return static_cast<char>(code);
}

}  // namespace

void AppendShown(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    // Most texts are one run that needs no change.
    const auto run =
        static_cast<std::size_t>(std::ranges::find_if_not(bytes, IsPlain) - bytes.begin());
    out += bytes.substr(0, run);
    bytes.remove_prefix(run);
    if (bytes.empty()) return;
    if (bytes.front() == '\\') {
      out += "\\\\";
      bytes.remove_prefix(1);
    } else if (const std::size_t length = SeenLength(bytes); length > 0) {
      out += bytes.substr(0, length);
      bytes.remove_prefix(length);
    } else {
      // The bytes behind it that belonged to it begin no character and so come here, too.
      AppendHex(out, bytes.front());
      bytes.remove_prefix(1);
    }
  }
}

std::string Shown(std::string_view bytes) {
  std::string text;
  AppendShown(text, bytes);
  return text;
}

std::optional<std::string> ParseShown(std::string_view text) {
  constexpr std::size_t kHexDigits = 2;
  std::string bytes;
  for (;;) {
    const std::size_t run = std::min(text.find('\\'), text.size());
    bytes += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) return bytes;
    text.remove_prefix(1);
    if (text.starts_with('\\')) {
      bytes += '\\';
      text.remove_prefix(1);
      continue;
    }
    if (!text.starts_with('x')) return std::nullopt;
    const auto byte = ParseHex(text.substr(1, kHexDigits));
    if (!byte) return std::nullopt;
    bytes += *byte;
    text.remove_prefix(1 + kHexDigits);
  }
}

std::string ShownAgain(std::string_view text) {
  const auto bytes = ParseShown(text);
  return Shown(bytes ? std::string_view(*bytes) : text);
}

}  // namespace herd::wire
