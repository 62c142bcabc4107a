#include "wire/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <limits>

#include "wire/ascii.h"
#include "wire/eight_bytes.h"
#include "wire/fields.h"

namespace herd::wire {
namespace {

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
constexpr unsigned kDecimals = 9;

// Of a UnixNanos that is not before 1970; before that, one more.
constexpr std::uint64_t kNanosMax = std::numeric_limits<std::int64_t>::max();

// The widest skew is the width of UnixNanos: 18,446,744,073 seconds and some, just what 64 bits
// hold.
constexpr std::size_t kSkewSecondsDigitsMax = 11;
constexpr std::uint64_t kSkewNanosMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kSkewSecondsMax = kSkewNanosMax / kNanosPerSecond;

// A TimeLayout: how many decimals (4 bits), then whether a '-' stands before.
constexpr unsigned kDecimalsMask = 15;
constexpr unsigned kMinusShift = 4;
constexpr unsigned kMinus = 1U << kMinusShift;

TimeLayout LayoutOf(bool minus, unsigned decimals) {
  return static_cast<TimeLayout>(decimals | (minus ? kMinus : 0U));
}

// Reads the times from 2001 to 2262, which have ten digits of seconds, with up to nine decimals.
// Returns where they end; null for another text, which may yet be a time. May read
// kUsualTimeBytesMax bytes, whatever they are.
constexpr std::size_t kUsualTimeBytesMax = 20;
inline const char* ReadUsualTime(const char* from, CompactTime& time) {
  const unsigned first = DigitOf(from[0]);
  const unsigned second = DigitOf(from[1]);
  const std::uint64_t others = Load8(from + 2);
  if (first == 0 || first > 9 || second > 9 || CountDigits(others) < 8) return nullptr;
  const std::uint64_t seconds =
      std::uint64_t{first * 10 + second} * 100'000'000 + ReadEightDigits(others);
  from += 10;

  std::uint64_t nanos = 0;
  unsigned decimals = 0;
  if (*from == '.') {
    const std::uint64_t behind = Load8(++from);
    decimals = CountDigits(behind);
    if (decimals == 8) {
      nanos = std::uint64_t{ReadEightDigits(behind)} * 10;
      const unsigned ninth = DigitOf(from[8]);
      if (ninth <= 9) {
        nanos += ninth;
        decimals = 9;
      }
    } else if (decimals != 0) {
      nanos = std::uint64_t{ReadEightDigits(FirstBytes(behind, decimals))} * 10;
    } else {
      return nullptr;
    }
    from += decimals;
  }
  const std::uint64_t size = seconds * kNanosPerSecond + nanos;
  if (size > kNanosMax) return nullptr;
  time = {.time = {static_cast<std::int64_t>(size)}, .layout = LayoutOf(false, decimals)};
  return from;
}

// The same where fewer bytes than that are left of the line.
[[gnu::noinline]] const char* ReadUsualTimeAtEnd(const char* from, const char* end,
                                                 CompactTime& time) {
  // No time has a zero byte.
  std::array<char, kUsualTimeBytesMax> copy{};
  std::memcpy(copy.data(), from, static_cast<std::size_t>(end - from));
  const char* const copy_end = ReadUsualTime(copy.data(), time);
  return copy_end == nullptr ? nullptr : from + (copy_end - copy.data());
}

// Any time, with any number of zeros before and decimals behind it.
std::optional<CompactTime> ReadAnyTime(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  const std::string_view whole = TakeDigits(text);
  if (whole.empty()) return std::nullopt;
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;

  std::uint64_t size = 0;
  for (const char digit : whole) {
    size = size * 10 + DigitOf(digit);
    if (size > kNanosMax / kNanosPerSecond) return std::nullopt;
  }
  for (std::size_t i = 0; i < kDecimals; ++i)
    size = size * 10 + (i < fraction.size() ? DigitOf(fraction[i]) : 0);
  if (size > kNanosMax + (minus ? 1 : 0)) return std::nullopt;

  const bool laid_out = (whole.size() == 1 || whole[0] != '0') && fraction.size() <= kDecimals;
  return CompactTime{.time = {static_cast<std::int64_t>(minus ? 0 - size : size)},
                     .layout = laid_out ? LayoutOf(minus, static_cast<unsigned>(fraction.size()))
                                        : TimeLayout::kText};
}

char* WriteDecimals(char* to, std::uint64_t nanos) {
  Store8(to, EightDigitsOf(static_cast<std::uint32_t>(nanos / 10)));
  to[8] = static_cast<char>('0' + nanos % 10);
  return to + kDecimals;
}

// Up to kSkewSecondsDigitsMax digits.
char* WriteSeconds(char* to, std::uint64_t seconds) {
  if (seconds < 10) {
    *to = static_cast<char>('0' + seconds);
    return to + 1;
  }
  return std::to_chars(to, to + kSkewSecondsDigitsMax, seconds).ptr;
}

}  // namespace

const char* ReadTimeField(const char* from, const char* end, CompactTime& time) {
  const char* const usual_end = end - from >= static_cast<std::ptrdiff_t>(kUsualTimeBytesMax)
                                    ? ReadUsualTime(from, time)
                                    : ReadUsualTimeAtEnd(from, end, time);
  if (usual_end != nullptr && (usual_end == end || IsSpace(*usual_end))) [[likely]]
    return usual_end;
  const char* const field_end = FieldEnd(from, end);
  if (field_end - from > static_cast<std::ptrdiff_t>(kTimeTextBytesMax)) return nullptr;
  const std::optional<CompactTime> any = ReadAnyTime({from, field_end});
  if (!any) return nullptr;
  time = *any;
  return field_end;
}

std::optional<CompactTime> ReadPosixTime(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char* const from = text.data();
  const char* const end = from + text.size();
  CompactTime time;
  if (ReadTimeField(from, end, time) != end) return std::nullopt;
  return time;
}

std::optional<UnixNanos> ParsePosixTime(std::string_view text) {
  const std::optional<CompactTime> time = ReadPosixTime(text);
  if (!time) return std::nullopt;
  return time->time;
}

char* WriteTime(char* to, UnixNanos time, TimeLayout layout) {
  const auto bits = static_cast<unsigned>(layout);
  if ((bits & kMinus) != 0) *to++ = '-';
  const auto value = static_cast<std::uint64_t>(time.value);
  const std::uint64_t size = time.value < 0 ? 0 - value : value;
  const std::uint64_t seconds = size / kNanosPerSecond;
  if (seconds >= kNanosPerSecond) {
    // Ten digits, as every time since 2001 has: the first two, then eight at once.
    const auto first_two = static_cast<unsigned>(seconds / 100'000'000);
    to[0] = static_cast<char>('0' + first_two / 10);
    to[1] = static_cast<char>('0' + first_two % 10);
    Store8(to + 2, EightDigitsOf(static_cast<std::uint32_t>(seconds % 100'000'000)));
    to += 10;
  } else {
    to = WriteSeconds(to, seconds);
  }
  const unsigned decimals = bits & kDecimalsMask;
  if (decimals == 0) return to;
  *to++ = '.';
  WriteDecimals(to, size % kNanosPerSecond);
  return to + decimals;
}

void AppendPosixTime(std::string& out, UnixNanos time) {
  std::array<char, kTimeBytesMax> text;
  out.append(text.data(), WriteTime(text.data(), time, LayoutOf(time.value < 0, kDecimals)));
}

char* WriteSkew(char* to, Skew skew) {
  *to++ = skew.nanos < 0 ? '-' : '+';
  const auto size = static_cast<std::uint64_t>(skew.nanos < 0 ? -skew.nanos : skew.nanos);
  to = WriteSeconds(to, size / kNanosPerSecond);
  *to++ = '.';
  return WriteDecimals(to, size % kNanosPerSecond);
}

void AppendSkew(std::string& out, Skew skew) {
  std::array<char, kSkewBytesMax> text;
  out.append(text.data(), WriteSkew(text.data(), skew));
}

const char* ReadSkewField(const char* from, const char* end, Skew& skew) {
  // The shortest: a sign, a digit, the point and the decimals.
  if (end - from < std::ptrdiff_t{3 + kDecimals} || (*from != '+' && *from != '-')) return nullptr;
  const bool minus = *from++ == '-';
  const char* const whole = from;
  std::uint64_t seconds = DigitOf(*from++);
  if (seconds > 9) return nullptr;
  for (; *from != '.'; ++from) {
    const unsigned digit = DigitOf(*from);
    if (digit > 9 || *whole == '0' || seconds > kSkewSecondsMax / 10) return nullptr;
    seconds = seconds * 10 + digit;
    if (end - from < std::ptrdiff_t{2 + kDecimals}) return nullptr;
  }
  ++from;
  const std::uint64_t first_eight = Load8(from);
  const unsigned ninth = DigitOf(from[8]);
  if (CountDigits(first_eight) < 8 || ninth > 9) return nullptr;
  from += kDecimals;
  const std::uint64_t below = std::uint64_t{ReadEightDigits(first_eight)} * 10 + ninth;
  if (seconds > (kSkewNanosMax - below) / kNanosPerSecond) return nullptr;
  const Int128 nanos = seconds * kNanosPerSecond + below;
  if (minus && nanos == 0) return nullptr;
  skew.nanos = minus ? -nanos : nanos;
  return from == end || IsSpace(*from) ? from : nullptr;
}

std::optional<Skew> ParseSkew(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char* const from = text.data();
  const char* const end = from + text.size();
  Skew skew;
  if (ReadSkewField(from, end, skew) != end) return std::nullopt;
  return skew;
}

}  // namespace herd::wire
