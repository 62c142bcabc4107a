#pragma once

#include <cmath>
#include <cstdint>

#include "geo/lat_lng.h"

namespace herd::geo {

// A point in ten millionths of a degree (about a centimetre), the resolution of OpenStreetMap:
// half the size of a LatLng, exact in decimal, and the same on every machine.
struct LatLngE7 {
  std::int32_t lat = 0;
  std::int32_t lng = 0;

  friend bool operator==(const LatLngE7&, const LatLngE7&) = default;
};

inline constexpr std::int32_t kLatMaxE7 = 900'000'000;
inline constexpr std::int32_t kLngMaxE7 = 1'800'000'000;

inline LatLngE7 ToE7(const LatLng& point) {
  return {static_cast<std::int32_t>(std::llround(point.lat_deg * 1e7)),
          static_cast<std::int32_t>(std::llround(point.lng_deg * 1e7))};
}

inline LatLng ToLatLng(const LatLngE7& point) {
  return {point.lat / 1e7, point.lng / 1e7};
}

}  // namespace herd::geo
