#include "places/escapes.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

namespace herd::places {
namespace {

// An escape at the end of a text: what it stands for, and how long it is.
struct Escape {
  char character;
  std::size_t length;
};

// A visible ASCII character; nothing for other numbers, which are no part of any key.
std::optional<char> Character(std::string_view digits, int base) {
  unsigned code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!whole || code <= 0x20 || code >= 0x7F) return std::nullopt;
  return static_cast<char>(code);
}

std::optional<Escape> Fixed(std::string_view text, std::string_view prefix, std::size_t digits) {
  const std::size_t length = prefix.size() + digits;
  if (text.size() < length) return std::nullopt;
  const std::string_view end = text.substr(text.size() - length);
  if (!end.starts_with(prefix)) return std::nullopt;
  const auto character = Character(end.substr(prefix.size()), 16);
  return character ? std::optional(Escape{*character, length}) : std::nullopt;
}

std::optional<Escape> Html(std::string_view text) {
  if (!text.ends_with(';')) return std::nullopt;
  // HTML allows any number of leading zeros; nobody writes this many.
  constexpr std::size_t kLengthMax = 16;
  const std::string_view end = text.substr(text.size() - std::min(text.size(), kLengthMax));
  const std::size_t begin = end.rfind("&#");
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view digits = end.substr(begin + 2, end.size() - begin - 3);
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  const auto character = Character(digits, hex ? 16 : 10);
  return character ? std::optional(Escape{*character, end.size() - begin}) : std::nullopt;
}

std::optional<Escape> EscapeAtEnd(std::string_view text) {
  if (const auto url = Fixed(text, "%", 2)) return url;
  if (const auto json = Fixed(text, "\\u", 4)) return json;
  return Html(text);
}

}  // namespace

std::string ResolveEscapes(std::string_view text) {
  std::string resolved;
  resolved.reserve(text.size());
  for (const char c : text) {
    resolved += c;
    // Each escape is longer than what it stands for, so this ends.
    while (const auto escape = EscapeAtEnd(resolved)) {
      resolved.resize(resolved.size() - escape->length);
      resolved += escape->character;
    }
  }
  return resolved;
}

}  // namespace herd::places
