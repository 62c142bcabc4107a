#pragma once

#include <compare>

#include "geo/lat_lng.h"

namespace herd::geo {

struct Metres {
  double value = 0;

  friend auto operator<=>(const Metres&, const Metres&) = default;
};

// Mean radius of the Earth, R1 of the GRS 80 ellipsoid (Moritz, "Geodetic Reference System 1980").
inline constexpr Metres kEarthRadius{6'371'008.8};

// The great-circle distance between two points on a sphere of kEarthRadius.
Metres Distance(const LatLng& a, const LatLng& b);

}  // namespace herd::geo
