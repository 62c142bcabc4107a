#pragma once

// Points and distances for the property tests of this room.

#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geo/distance.h"
#include "geo/lat_lng.h"

namespace herd::geo::testing {

inline constexpr double kDegree = std::numbers::pi / 180;

// A whole number from 0 to below `end`, as likely large in the first case of a property as in the
// last.
inline int Below(int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, end));
}

inline double Unit() {
  return Below(1'000'000'001) / 1e9;
}

// Points of the globe, with the awkward ones (poles, antimeridian, corners and edges of S2's cube)
// far more often than chance would have them.
inline LatLng AwkwardPoint() {
  const double corner_lat = std::asin(1 / std::sqrt(3.0)) / kDegree;
  const double tiny = (Unit() - 0.5) * 1e-3;
  switch (Below(6)) {
    case 0:
      return {90, Unit() * 360 - 180};
    case 1:
      return {-90 + std::fabs(tiny), Unit() * 360 - 180};
    case 2:
      return {Unit() * 180 - 90, Unit() < 0.5 ? 180 - std::fabs(tiny) : -180 + std::fabs(tiny)};
    case 3:
      return {corner_lat + tiny, 45 + tiny};
    case 4:
      return {Unit() * 30, -135 + tiny};
    default:
      return {Unit() * 180 - 90, Unit() * 360 - 180};
  }
}

inline Metres AwkwardRadius() {
  // From a centimetre to a quarter of the globe, as many of each magnitude.
  return {std::pow(10.0, Unit() * 9 - 2)};
}

// The point at a distance from another, in a direction (both in radians).
inline LatLng Destination(const LatLng& from, double angle, double bearing) {
  const double lat = from.lat_deg * kDegree;
  const double sin_lat =
      std::sin(lat) * std::cos(angle) + std::cos(lat) * std::sin(angle) * std::cos(bearing);
  const double lat2 = std::asin(std::clamp(sin_lat, -1.0, 1.0));
  const double lng2 =
      from.lng_deg * kDegree + std::atan2(std::sin(bearing) * std::sin(angle) * std::cos(lat),
                                          std::cos(angle) - std::sin(lat) * sin_lat);
  return {lat2 / kDegree, std::remainder(lng2 / kDegree, 360.0)};
}

}  // namespace herd::geo::testing
