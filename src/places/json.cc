#include "places/json.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace herd::places {
namespace {

// Eight bytes at a time: whether all are ASCII that stands in a string as it is.
bool ArePlain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  // Subtracting borrows into the high bit of a byte that was less; where a byte below borrowed too,
  // one that was not less may look so, but never the other way round.
  const std::uint64_t quote = (word ^ kOnes * '"') - kOnes;
  const std::uint64_t backslash = (word ^ kOnes * '\\') - kOnes;
  const std::uint64_t control = word - kOnes * 0x20;
  return ((quote | backslash | control | word) & kHighs) == 0;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length in bytes of the well-formed UTF-8 sequence at the start of `text`, 0 when there is
// none (Unicode 15, table 3-7).
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<std::uint8_t>(c);
  if (code >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[code >> 4U];
  out += kHex[code & 0xFU];
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    // Most texts are one run that needs no change.
    std::size_t run = 0;
    while (text.size() - run >= 8 && ArePlain(text.data() + run)) run += 8;
    while (run < text.size()) {
      const auto byte = static_cast<std::uint8_t>(text[run]);
      const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
      const std::size_t length = plain ? 1 : byte < 0x80 ? 0 : SequenceLength(text.substr(run));
      if (length == 0) break;
      run += length;
    }
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    if (static_cast<std::uint8_t>(text[0]) < 0x80) {
      AppendEscaped(out, text[0]);
    } else {
      out += kReplacement;
    }
    text.remove_prefix(1);
  }
  out += '"';
}

}  // namespace herd::places
