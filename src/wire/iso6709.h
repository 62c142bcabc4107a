#pragma once

#include <optional>
#include <string_view>

namespace herd::wire {

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
// Nothing for any other text. The bounds are checked on the digits: rounding never lets a point in.
std::optional<Location> ParseIso6709(std::string_view text);

}  // namespace herd::wire
