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
    if (seconds > std::numeric_limits<std::int64_t>::max() / kNanosPerSecond + 1)
      return std::nullopt;
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

// Appends seconds and nine decimals of `size`, which is not negative and at most kSkewNanosMax.
void AppendSize(std::string& out, Int128 size) {
  std::array<char, 24> digits{};
  // Both parts fit 64 bits: kSkewNanosMax / kNanosPerSecond has eleven digits.
  const auto seconds = static_cast<std::uint64_t>(size / kNanosPerSecond);
  const auto nanos = static_cast<std::uint64_t>(size % kNanosPerSecond);
  char* end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds).ptr;
  out.append(digits.data(), end);
  out += '.';
  end = std::to_chars(digits.data(), digits.data() + digits.size(), nanos).ptr;
  out.append(kDecimals - static_cast<std::size_t>(end - digits.data()), '0');
  out.append(digits.data(), end);
}

}  // namespace

std::optional<UnixNanos> operator+(UnixNanos time, Skew skew) {
  return Narrow(Int128{time.value} + skew.nanos);
}

std::optional<UnixNanos> ParsePosixTime(std::string_view text) {
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
  return Narrow(negative ? -nanos : nanos);
}

void AppendPosixTime(std::string& out, UnixNanos time) {
  if (time.value < 0) out += '-';
  AppendSize(out, time.value < 0 ? -Int128{time.value} : Int128{time.value});
}

void AppendSkew(std::string& out, Skew skew) {
  out += skew.nanos < 0 ? '-' : '+';
  AppendSize(out, skew.nanos < 0 ? -skew.nanos : skew.nanos);
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
