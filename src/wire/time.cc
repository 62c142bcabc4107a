#include "wire/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>

#include "wire/ascii.h"

namespace herd::wire {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::size_t kDecimals = 9;

// Of a time; the last of them is not whole.
constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond + 1;

// The widest skew is the width of UnixNanos: 18,446,744,073 seconds and some.
constexpr std::size_t kSkewSecondsDigitsMax = 11;
constexpr Int128 kSkewNanosMax =
    Int128{std::numeric_limits<std::int64_t>::max()} - std::numeric_limits<std::int64_t>::min();

std::optional<UnixNanos> Narrow(Int128 nanos) {
  if (nanos < std::numeric_limits<std::int64_t>::min() ||
      nanos > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return UnixNanos{static_cast<std::int64_t>(nanos)};
}

// Whole seconds in digits; nothing when they are past what UnixNanos holds in nanoseconds.
std::optional<std::int64_t> ParseSeconds(std::string_view digits) {
  std::int64_t seconds = 0;
  for (const char digit : digits) {
    seconds = seconds * 10 + (digit - '0');
    if (seconds > kSecondsMax) return std::nullopt;
  }
  return seconds;
}

// The first nine decimals of a fraction in digits, as nanoseconds.
std::int64_t ParseFraction(std::string_view digits) {
  std::int64_t nanos = 0;
  for (std::size_t i = 0; i < kDecimals; ++i) {
    nanos = nanos * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return nanos;
}

// A TimeLayout: how many decimals (4 bits), then whether a '-' stands before.
constexpr unsigned kDecimalsMask = 15;
constexpr unsigned kMinus = 16;

TimeLayout LayoutOf(bool negative, std::string_view whole, std::string_view fraction) {
  if ((whole.size() > 1 && whole[0] == '0') || fraction.size() > kDecimals)
    return TimeLayout::kText;
  return static_cast<TimeLayout>(fraction.size() | (negative ? kMinus : 0U));
}

// Writes the seconds and the first `decimals` of the nine decimals of `nanos`, which is at most
// kSkewNanosMax.
char* WriteSeconds(char* to, std::uint64_t nanos, std::size_t decimals) {
  to = std::to_chars(to, to + kSkewSecondsDigitsMax, nanos / kNanosPerSecond).ptr;
  if (decimals == 0) return to;
  *to++ = '.';
  std::uint64_t below = nanos % kNanosPerSecond;
  std::array<char, kDecimals> digits{};
  for (std::size_t i = digits.size(); i-- > 0; below /= 10)
    digits[i] = static_cast<char>('0' + below % 10);
  return std::copy_n(digits.begin(), decimals, to);
}

// The size of a number whose size 64 bits hold.
std::uint64_t Size(Int128 number) {
  return static_cast<std::uint64_t>(number < 0 ? -number : number);
}

}  // namespace

std::optional<UnixNanos> operator+(UnixNanos time, Skew skew) {
  return Narrow(Int128{time.value} + skew.nanos);
}

std::optional<CompactTime> ReadPosixTime(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view whole = TakeDigits(text);
  if (whole.empty()) return std::nullopt;
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  const std::optional<std::int64_t> seconds = ParseSeconds(whole);
  if (!seconds) return std::nullopt;
  const Int128 nanos = Int128{*seconds} * kNanosPerSecond + ParseFraction(fraction);
  const std::optional<UnixNanos> time = Narrow(negative ? -nanos : nanos);
  if (!time) return std::nullopt;
  return CompactTime{.time = *time, .layout = LayoutOf(negative, whole, fraction)};
}

std::optional<UnixNanos> ParsePosixTime(std::string_view text) {
  const std::optional<CompactTime> time = ReadPosixTime(text);
  if (!time) return std::nullopt;
  return time->time;
}

char* WriteTime(char* to, UnixNanos time, TimeLayout layout) {
  const auto bits = static_cast<unsigned>(layout);
  if ((bits & kMinus) != 0) *to++ = '-';
  return WriteSeconds(to, Size(time.value), bits & kDecimalsMask);
}

void AppendPosixTime(std::string& out, UnixNanos time) {
  std::array<char, kTimeBytesMax> text{};
  const unsigned minus = time.value < 0 ? kMinus : 0U;
  out.append(text.data(), WriteTime(text.data(), time, static_cast<TimeLayout>(kDecimals | minus)));
}

char* WriteSkew(char* to, Skew skew) {
  *to++ = skew.nanos < 0 ? '-' : '+';
  return WriteSeconds(to, Size(skew.nanos), kDecimals);
}

void AppendSkew(std::string& out, Skew skew) {
  std::array<char, kSkewBytesMax> text{};
  out.append(text.data(), WriteSkew(text.data(), skew));
}

std::optional<Skew> ParseSkew(std::string_view text) {
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  const std::string_view whole = TakeDigits(text);
  if (whole.empty() || whole.size() > kSkewSecondsDigitsMax ||
      (whole.size() > 1 && whole[0] == '0')) {
    return std::nullopt;
  }
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const std::string_view fraction = TakeDigits(text);
  if (fraction.size() != kDecimals || !text.empty()) return std::nullopt;
  Int128 seconds = 0;
  for (const char digit : whole) seconds = seconds * 10 + (digit - '0');
  const Int128 nanos = seconds * kNanosPerSecond + ParseFraction(fraction);
  if (nanos > kSkewNanosMax || (negative && nanos == 0)) return std::nullopt;
  return Skew{negative ? -nanos : nanos};
}

}  // namespace herd::wire
