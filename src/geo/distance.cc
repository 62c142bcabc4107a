#include "geo/distance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace herd::geo {
namespace {

constexpr double Radians(double degrees) {
  return degrees * (std::numbers::pi / 180);
}

}  // namespace

Metres Distance(const LatLng& a, const LatLng& b) {
  // The haversine formula: exact enough for near points, where the cosine rule loses digits.
  const double lat_half = std::sin(Radians(b.lat_deg - a.lat_deg) / 2);
  const double lng_half = std::sin(Radians(b.lng_deg - a.lng_deg) / 2);
  const double h = lat_half * lat_half + std::cos(Radians(a.lat_deg)) *
                                             std::cos(Radians(b.lat_deg)) * lng_half * lng_half;
  return {2 * kEarthRadius.value * std::asin(std::sqrt(std::min(1.0, h)))};
}

}  // namespace herd::geo
