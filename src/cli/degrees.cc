#include "cli/degrees.h"

#include <cstddef>
#include <optional>

#include "wire/ascii.h"
#include "wire/iso6709.h"

namespace herd::cli {
namespace {

// More digits than any receiver gives; keeps a command within a server's line.
constexpr std::size_t kDigitsMax = 64;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && wire::IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && wire::IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// One coordinate with its sign and at most `integer_digits_max` digits before the point.
std::optional<std::string> Coordinate(std::string_view text, std::size_t integer_digits_max) {
  text = Trimmed(text);
  if (text.size() > kDigitsMax) return std::nullopt;
  char sign = '+';
  if (text.starts_with('+') || text.starts_with('-')) {
    sign = text.front();
    text.remove_prefix(1);
  }
  std::string_view whole = wire::TakeDigits(text);
  std::string_view decimals;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = wire::TakeDigits(text);
  }
  if (!text.empty() || (whole.empty() && decimals.empty())) return std::nullopt;
  while (whole.size() > integer_digits_max && whole.front() == '0') whole.remove_prefix(1);
  // More digits would be read as degrees and minutes.
  if (whole.size() > integer_digits_max) return std::nullopt;
  std::string out(1, sign);
  out += whole.empty() ? "0" : whole;
  if (!decimals.empty()) (out += '.') += decimals;
  return out;
}

}  // namespace

std::expected<std::string, DegreesFault> LocationText(std::string_view latitude,
                                                      std::string_view longitude) {
  const auto lat = Coordinate(latitude, 2);
  if (!lat || !wire::ParseIso6709(*lat + "+0")) return std::unexpected(DegreesFault::kLatitude);
  const auto lng = Coordinate(longitude, 3);
  if (!lng || !wire::ParseIso6709(*lat + *lng)) return std::unexpected(DegreesFault::kLongitude);
  return *lat + *lng;
}

}  // namespace herd::cli
