#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herd::wire {

// Wide enough for the difference of any two UnixNanos. (An extension of g++ and clang.)
__extension__ typedef __int128 Int128;

// A point in time: nanoseconds since 1970-01-01 UTC, before it when negative; about the years 1677
// to 2262.
struct UnixNanos {
  std::int64_t value = 0;

  friend auto operator<=>(const UnixNanos&, const UnixNanos&) = default;
};

// The server's time of receipt minus the client's time, in nanoseconds.
struct Skew {
  Int128 nanos = 0;

  friend bool operator==(const Skew&, const Skew&) = default;
};

inline Skew operator-(UnixNanos a, UnixNanos b) {
  return {Int128{a.value} - Int128{b.value}};
}

// `time` moved by `skew`; nothing when that leaves the range of UnixNanos.
inline std::optional<UnixNanos> operator+(UnixNanos time, Skew skew) {
  UnixNanos moved;
  if (__builtin_add_overflow(time.value, skew.nanos, &moved.value)) return std::nullopt;
  return moved;
}

// A longer text is no time, however many of its digits are zeros.
inline constexpr std::size_t kTimeTextBytesMax = 40;

// Reads `-?digits` or `-?digits.digits`, seconds since 1970. Digits past the ninth decimal are
// ignored. Nothing for any other text, for one of more than kTimeTextBytesMax bytes, and for a time
// that UnixNanos cannot hold.
std::optional<UnixNanos> ParsePosixTime(std::string_view text);

// How the digits of a time's text are laid out: with the time, it gives back the text. kText: only
// the text itself tells.
enum class TimeLayout : std::uint8_t { kText = 0xFF };

struct CompactTime {
  UnixNanos time;
  TimeLayout layout = TimeLayout::kText;

  friend bool operator==(const CompactTime&, const CompactTime&) = default;
};

// As ParsePosixTime. The layout is another than kText exactly when WriteTime gives back the very
// bytes: no leading zeros and up to nine decimals.
std::optional<CompactTime> ReadPosixTime(std::string_view text);

// "-9223372036.854775808"
inline constexpr std::size_t kTimeBytesMax = 21;

// Writes the text of a time that ReadPosixTime read with a layout other than kText to `to`, which
// has room for kTimeBytesMax bytes; what stands there behind the text may change too. Returns the
// text's end.
char* WriteTime(char* to, UnixNanos time, TimeLayout layout);

// Appends the seconds and nine decimals, as ParsePosixTime reads them.
void AppendPosixTime(std::string& out, UnixNanos time);

// Appends a sign, the seconds and nine decimals, as in "+0.263873386". Zero is "+0.000000000".
void AppendSkew(std::string& out, Skew skew);

// "-18446744073.709551615"
inline constexpr std::size_t kSkewBytesMax = 22;

// Writes what AppendSkew appends to `to`, which has room for kSkewBytesMax bytes; what stands there
// behind the text may change too. Returns the text's end.
char* WriteSkew(char* to, Skew skew);

// Reads what AppendSkew writes. Nothing for any other text.
std::optional<Skew> ParseSkew(std::string_view text);

}  // namespace herd::wire
