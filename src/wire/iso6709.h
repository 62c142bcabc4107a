#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace herd::wire {

// A longer text is no location, whatever it says.
inline constexpr std::size_t kLocationTextBytesMax = 96;

// A point in degrees: latitude in [-90, 90], north positive; longitude in [-180, 180], east
// positive.
struct Location {
  double latitude_deg = 0;
  double longitude_deg = 0;

  friend bool operator==(const Location&, const Location&) = default;
};

// Reads the string form of ISO 6709:2008, Annex H: latitude and longitude, both with their sign and
// both in degrees, in degrees and minutes, or in degrees, minutes and seconds; then, each of them
// optional, an altitude, the letters CRS with the name of a coordinate reference system, and a
// closing '/'. Altitude and reference system are checked for form and otherwise ignored.
// Nothing for any other text and for one of more than kLocationTextBytesMax bytes. The bounds are
// checked on the digits: rounding never lets a point in.
std::optional<Location> ParseIso6709(std::string_view text);

// A point in ten millionths of a degree, rounded to the nearest.
struct LocationE7 {
  std::int32_t latitude = 0;
  std::int32_t longitude = 0;

  friend bool operator==(const LocationE7&, const LocationE7&) = default;
};

// How the digits of a location's text are laid out: with the point, it gives back the text. kText:
// only the text itself tells.
enum class LocationLayout : std::uint16_t { kText = 0xFFFF };

struct CompactLocation {
  LocationE7 point;
  LocationLayout layout = LocationLayout::kText;

  friend bool operator==(const CompactLocation&, const CompactLocation&) = default;
};

// Accepts exactly what ParseIso6709 accepts. The layout is another than kText exactly when
// WriteLocation gives back the very bytes: both angles in degrees with up to seven decimals, and
// nothing behind them but perhaps a '/'.
std::optional<CompactLocation> ReadIso6709(std::string_view text);

// "+90.0000000+180.0000000/"
inline constexpr std::size_t kLocationBytesMax = 24;

// Writes the text of a location that ReadIso6709 read with a layout other than kText to `to`, which
// has room for kLocationBytesMax bytes; what stands there behind the text may change too. Returns
// the text's end.
char* WriteLocation(char* to, LocationE7 point, LocationLayout layout);

}  // namespace herd::wire
