#include "places/google_api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "places/text.h"

namespace herd::places {
namespace {

// The bytes of the control character at the start of `text`, which is UTF-8; 0 when there is none:
// U+0000 to U+001F, U+007F to U+009F, and the line and paragraph separators U+2028 and U+2029.
std::size_t ControlLength(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (first < 0x20 || first == 0x7F) return 1;
  if (first == 0xC2 && text.size() > 1 && static_cast<std::uint8_t>(text[1]) < 0xA0) return 2;
  return text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9") ? 3 : 0;
}

}  // namespace

std::unexpected<LookUpFailure> NotAnAnswer(std::string_view why) {
  return std::unexpected(
      LookUpFailure{Status::kUnknownError, "Google's answer is not one: " + std::string(why)});
}

Status StatusOfHttp(int http_status) {
  switch (http_status) {
    case 400:
      return Status::kInvalidRequest;
    case 401:
    case 403:
      return Status::kRequestDenied;
    case 429:
      return Status::kOverQueryLimit;
    default:
      return Status::kUnknownError;
  }
}

std::string Decimal(double number) {
  // Enough for any degree or metre in fixed notation: the smallest double has 1,075 digits.
  std::array<char, 1100> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return {digits.data(), end.ptr};
}

std::string GooglesWords(const JsonValue* words, std::string_view ours) {
  std::string line;
  if (words != nullptr && words->IsString()) {
    for (std::string_view rest = words->string; !rest.empty();) {
      const std::size_t control = ControlLength(rest);
      if (control == 0) {
        line += rest.front();
      } else if (!line.empty() && line.back() != ' ') {
        line += ' ';
      }
      rest.remove_prefix(std::max<std::size_t>(control, 1));
    }
  }
  const std::string_view said = Trimmed(CutUtf8(line, kWordsBytesMax));
  return std::string(said.empty() ? ours : said);
}

}  // namespace herd::places
