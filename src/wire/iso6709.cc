#include "wire/iso6709.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "wire/ascii.h"

namespace herd::wire {
namespace {

// What the integer digits of a latitude or a longitude hold.
enum class Form { kDegrees, kMinutes, kSeconds };

struct Angle {
  double degrees = 0;
  Form form = Form::kDegrees;
};

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
  Angle angle;
  const std::size_t digits = number->whole.size();
  if (digits == degree_digits + 2) {
    angle.form = Form::kMinutes;
  } else if (digits == degree_digits + 4) {
    angle.form = Form::kSeconds;
  } else if (digits > degree_digits) {
    return std::nullopt;
  }
  const std::size_t whole_degrees = std::min(digits, degree_digits);
  const std::string_view below_degrees = number->text.substr(whole_degrees);
  int degrees = 0;
  for (const char digit : number->whole.substr(0, whole_degrees))
    degrees = degrees * 10 + (digit - '0');
  if (degrees > degrees_max || (degrees == degrees_max && !AllZero(below_degrees)))
    return std::nullopt;
  switch (angle.form) {
    case Form::kDegrees:
      angle.degrees = Number(number->text);
      break;
    case Form::kMinutes:
      if (TwoDigits(below_degrees) >= 60) return std::nullopt;
      angle.degrees = degrees + Number(below_degrees) / 60;
      break;
    case Form::kSeconds:
      if (TwoDigits(below_degrees) >= 60 || TwoDigits(below_degrees.substr(2)) >= 60) {
        return std::nullopt;
      }
      angle.degrees =
          degrees + TwoDigits(below_degrees) / 60.0 + Number(below_degrees.substr(2)) / 3600;
      break;
  }
  if (number->negative) angle.degrees = -angle.degrees;
  return angle;
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

}  // namespace

std::optional<Location> ParseIso6709(std::string_view text) {
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
  return Location{.latitude_deg = latitude->degrees, .longitude_deg = longitude->degrees};
}

}  // namespace herd::wire
