#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "wire/any_location.h"
#include "wire/ascii.h"
#include "wire/eight_bytes.h"
#include "wire/fields.h"
#include "wire/iso6709.h"

namespace herd::wire {
namespace {

constexpr std::uint32_t kE7 = 10'000'000;
constexpr unsigned kDecimalsMax = 7;

// A LocationLayout: of either angle the decimals (3 bits), the digits of its degrees (2) and its
// sign (1), the latitude lowest; then whether a '/' follows.
constexpr unsigned kDecimalsMask = 7;
constexpr unsigned kDegreeDigitsShift = 3;
constexpr unsigned kDegreeDigitsMask = 3;
constexpr unsigned kMinusShift = 5;
constexpr unsigned kMinus = 1U << kMinusShift;
constexpr unsigned kAngleBits = 6;
constexpr unsigned kSlash = 1U << (2 * kAngleBits);

struct Angle {
  std::int32_t e7 = 0;
  unsigned layout = 0;
};

// Reads decimal degrees with up to seven decimals, returns their end; null for any other text. In
// one piece with its caller, both angles share the constants in registers.
template <unsigned kDegreeDigitsMax, std::uint32_t kDegreesMax>
[[gnu::always_inline]] inline const char* ReadAngle(const char* from, Angle& angle) {
  // One test for both signs, and no branch on which it is: clients are on all sides of the globe.
  static_assert('-' == '+' + 2);
  const unsigned sign = static_cast<unsigned char>(*from++) - unsigned{'+'};
  if ((sign & ~2U) != 0) return nullptr;
  const unsigned minus = sign >> 1U;

  std::uint32_t degrees = DigitOf(*from);
  if (degrees > 9) return nullptr;
  unsigned degree_digits = 1;
  for (; degree_digits < kDegreeDigitsMax; ++degree_digits) {
    const unsigned digit = DigitOf(from[degree_digits]);
    if (digit > 9) break;
    degrees = degrees * 10 + digit;
  }
  from += degree_digits;

  std::uint32_t below = 0;
  unsigned decimals = 0;
  if (*from == '.') {
    const std::uint64_t behind = Load8(++from);
    decimals = CountDigits(behind);
    if (decimals == 0 || decimals > kDecimalsMax) return nullptr;
    // Zeros stand behind the digits up to the seventh, and one before, since eight are read.
    below = ReadEightDigits(FirstBytes(behind, decimals) << 8U);
    from += decimals;
  }
  const std::uint64_t size = std::uint64_t{degrees} * kE7 + below;
  if (size > std::uint64_t{kDegreesMax} * kE7) return nullptr;
  angle.e7 = static_cast<std::int32_t>((size ^ (0 - std::uint64_t{minus})) + minus);
  angle.layout = decimals | degree_digits << kDegreeDigitsShift | minus << kMinusShift;
  return from;
}

// Reads a location that can do without its text, and returns where it ends; null for any other. It
// may read kLocationBytesMax bytes, whatever they are.
[[gnu::always_inline]] inline const char* ReadPlain(const char* from, CompactLocation& location) {
  Angle latitude;
  Angle longitude;
  from = ReadAngle<2, 90>(from, latitude);
  if (from == nullptr) return nullptr;
  from = ReadAngle<3, 180>(from, longitude);
  if (from == nullptr) return nullptr;
  unsigned layout = latitude.layout | longitude.layout << kAngleBits;
  if (*from == '/') {
    ++from;
    layout |= kSlash;
  }
  location = {.point = {.latitude = latitude.e7, .longitude = longitude.e7},
              .layout = static_cast<LocationLayout>(layout)};
  return from;
}

// The same where fewer bytes than that are left of the line.
[[gnu::noinline]] const char* ReadPlainAtEnd(const char* from, const char* end,
                                             CompactLocation& location) {
  // No location has a zero byte.
  std::array<char, kLocationBytesMax> copy{};
  std::memcpy(copy.data(), from, static_cast<std::size_t>(end - from));
  const char* const copy_end = ReadPlain(copy.data(), location);
  return copy_end == nullptr ? nullptr : from + (copy_end - copy.data());
}

// Writes more than there is to say, always the same way, and returns where the angle ends.
inline char* WriteAngle(char* to, std::int32_t e7, unsigned layout) {
  *to++ = (layout & kMinus) != 0 ? '-' : '+';
  const auto size = static_cast<std::uint32_t>(e7 < 0 ? -e7 : e7);
  const std::uint32_t degrees = size / kE7;
  const unsigned degree_digits = layout >> kDegreeDigitsShift & kDegreeDigitsMask;
  const unsigned decimals = layout & kDecimalsMask;
  // Three digits and a point, the digits that are not asked for shifted out.
  const std::uint32_t front =
      (degrees / 100 | degrees / 10 % 10 << 8U | degrees % 10 << 16U) + 0x2E'30'30'30U;
  const std::uint32_t shifted = front >> (8 * (3 - degree_digits));
  std::memcpy(to, &shifted, sizeof shifted);
  to += degree_digits + (decimals == 0 ? 0 : 1);
  Store8(to, EightDigitsOf(size % kE7 * 10));
  return to + decimals;
}

}  // namespace

const char* ReadLocationField(const char* from, const char* end, CompactLocation& location) {
  const char* const plain_end = end - from >= static_cast<std::ptrdiff_t>(kLocationBytesMax)
                                    ? ReadPlain(from, location)
                                    : ReadPlainAtEnd(from, end, location);
  if (plain_end != nullptr && (plain_end == end || IsSpace(*plain_end))) [[likely]]
    return plain_end;
  const char* const field_end = FieldEnd(from, end);
  if (field_end - from > static_cast<std::ptrdiff_t>(kLocationTextBytesMax)) return nullptr;
  const std::optional<LocationE7> point = ReadAnyForm({from, field_end});
  if (!point) return nullptr;
  location = {.point = *point};
  return field_end;
}

std::optional<CompactLocation> ReadIso6709(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char* const from = text.data();
  const char* const end = from + text.size();
  CompactLocation location;
  if (ReadLocationField(from, end, location) != end) return std::nullopt;
  return location;
}

char* WriteLocation(char* to, LocationE7 point, LocationLayout layout) {
  const auto bits = static_cast<unsigned>(layout);
  to = WriteAngle(to, point.latitude, bits);
  // The longest ends where kLocationBytesMax does, but for the slash.
  to = WriteAngle(to, point.longitude, bits >> kAngleBits);
  if ((bits & kSlash) != 0) *to++ = '/';
  return to;
}

}  // namespace herd::wire
