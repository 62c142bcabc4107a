#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/any_location.h"
#include "wire/ascii.h"
#include "wire/iso6709.h"

namespace herd::wire {
namespace {

constexpr std::size_t kE7Decimals = 7;
constexpr double kE7 = 1e7;

// What the integer digits of a latitude or a longitude hold.
enum class Form { kDegrees, kMinutes, kSeconds };

// Sign, integer digits and, behind a point, decimals.
struct SignedNumber {
  bool negative = false;
  std::string_view whole;
  std::string_view decimals;  // empty: no point
  std::string_view text;      // whole, point and decimals
};

std::optional<SignedNumber> TakeSignedNumber(std::string_view& text) {
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  SignedNumber number{.negative = text.front() == '-'};
  text.remove_prefix(1);
  const std::string_view start = text;
  number.whole = TakeDigits(text);
  if (number.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.decimals = TakeDigits(text);
    if (number.decimals.empty()) return std::nullopt;
  }
  number.text = start.substr(0, start.size() - text.size());
  return number;
}

// A latitude or a longitude whose bounds have been checked.
struct Angle {
  SignedNumber number;
  Form form = Form::kDegrees;
  std::size_t degree_digits = 0;  // of number.whole, those before minutes and seconds
  int degrees = 0;                // what they say

  std::string_view below_degrees() const { return number.text.substr(degree_digits); }
};

int TwoDigits(std::string_view digits) {
  return (digits[0] - '0') * 10 + (digits[1] - '0');
}

double Number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool AllZero(std::string_view digits) {
  return std::ranges::all_of(digits, [](char c) { return c == '0' || c == '.'; });
}

// An angle whose degrees have at most `degree_digits` digits and which is at most `degrees_max`.
std::optional<Angle> TakeAngle(std::string_view& text, std::size_t degree_digits, int degrees_max) {
  const std::optional<SignedNumber> number = TakeSignedNumber(text);
  if (!number) return std::nullopt;
  Angle angle{.number = *number};
  const std::size_t digits = number->whole.size();
  if (digits == degree_digits + 2) {
    angle.form = Form::kMinutes;
  } else if (digits == degree_digits + 4) {
    angle.form = Form::kSeconds;
  } else if (digits > degree_digits) {
    return std::nullopt;
  }
  angle.degree_digits = std::min(digits, degree_digits);
  for (const char digit : number->whole.substr(0, angle.degree_digits))
    angle.degrees = angle.degrees * 10 + (digit - '0');
  const std::string_view below = angle.below_degrees();
  if (angle.degrees > degrees_max || (angle.degrees == degrees_max && !AllZero(below)))
    return std::nullopt;
  if (angle.form != Form::kDegrees && TwoDigits(below) >= 60) return std::nullopt;
  if (angle.form == Form::kSeconds && TwoDigits(below.substr(2)) >= 60) return std::nullopt;
  return angle;
}

// Of an angle in decimal degrees, its size in ten millionths, rounded to the nearest.
std::int32_t SizeE7(const Angle& angle) {
  std::int32_t size = angle.degrees;
  const std::string_view decimals = angle.number.decimals;
  for (std::size_t i = 0; i < kE7Decimals; ++i)
    size = size * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  const bool up = decimals.size() > kE7Decimals && decimals[kE7Decimals] >= '5';
  return up ? size + 1 : size;
}

double SizeDegrees(const Angle& angle) {
  switch (angle.form) {
    case Form::kDegrees:
      // Both are exact as doubles, so that their quotient is rounded once, as the text would be.
      if (angle.number.decimals.size() <= kE7Decimals) return SizeE7(angle) / kE7;
      return Number(angle.number.text);
    case Form::kMinutes:
      return angle.degrees + Number(angle.below_degrees()) / 60;
    case Form::kSeconds:
      break;
  }
  const std::string_view below = angle.below_degrees();
  return angle.degrees + TwoDigits(below) / 60.0 + Number(below.substr(2)) / 3600;
}

double Degrees(const Angle& angle) {
  const double size = SizeDegrees(angle);
  return angle.number.negative ? -size : size;
}

std::int32_t E7(const Angle& angle) {
  const std::int32_t size = angle.form == Form::kDegrees
                                ? SizeE7(angle)
                                : static_cast<std::int32_t>(std::llround(SizeDegrees(angle) * kE7));
  return angle.number.negative ? -size : size;
}

// The name behind "CRS": letters, digits and the marks of names such as "WGS_84" and "EPSG:4326",
// or an address in angle brackets.
bool TakeReferenceSystem(std::string_view& text) {
  const auto graphic = [](char c) {
    return c > ' ' && c < '\x7f' && c != ',' && c != '<' && c != '>';
  };
  const bool bracketed = text.starts_with('<');
  if (bracketed) text.remove_prefix(1);
  std::size_t count = 0;
  while (count < text.size() && graphic(text[count]) && (bracketed || text[count] != '/')) ++count;
  text.remove_prefix(count);
  if (bracketed) {
    if (!text.starts_with('>')) return false;
    text.remove_prefix(1);
  }
  return count > 0;
}

struct Angles {
  Angle latitude;
  Angle longitude;
};

// The whole text, checked.
std::optional<Angles> Parse(std::string_view text) {
  if (text.size() > kLocationTextBytesMax) return std::nullopt;
  const std::optional<Angle> latitude = TakeAngle(text, 2, 90);
  if (!latitude) return std::nullopt;
  const std::optional<Angle> longitude = TakeAngle(text, 3, 180);
  if (!longitude || longitude->form != latitude->form) return std::nullopt;
  if ((text.starts_with('+') || text.starts_with('-')) && !TakeSignedNumber(text))
    return std::nullopt;
  if (text.starts_with("CRS")) {
    text.remove_prefix(3);
    if (!TakeReferenceSystem(text)) return std::nullopt;
  }
  if (text.starts_with('/')) text.remove_prefix(1);
  if (!text.empty()) return std::nullopt;
  return Angles{.latitude = *latitude, .longitude = *longitude};
}

}  // namespace

std::optional<Location> ParseIso6709(std::string_view text) {
  const std::optional<Angles> angles = Parse(text);
  if (!angles) return std::nullopt;
  return Location{.latitude_deg = Degrees(angles->latitude),
                  .longitude_deg = Degrees(angles->longitude)};
}

std::optional<LocationE7> ReadAnyForm(std::string_view text) {
  const std::optional<Angles> angles = Parse(text);
  if (!angles) return std::nullopt;
  return LocationE7{.latitude = E7(angles->latitude), .longitude = E7(angles->longitude)};
}

}  // namespace herd::wire
