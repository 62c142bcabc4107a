#pragma once

#include <cstdint>

#include "geo/distance.h"
#include "geo/lat_lng.h"
#include "geo/lat_lng_e7.h"

namespace herd::geo {

// The box of latitudes and longitudes round a cap: a test of two subtractions that spares most
// points the trigonometry of Distance. Right across the antimeridian and at the poles.
class CapBox {
 public:
  CapBox(const LatLng& center, Metres radius);

  // False only for points that are farther than the radius from the center.
  bool MayContain(const LatLngE7& point) const {
    const std::int64_t lat = std::int64_t{point.lat} - center_.lat;
    if (lat > lat_span_ || lat < -lat_span_) return false;
    const std::int64_t lng = std::int64_t{point.lng} - center_.lng;
    const std::int64_t apart = lng < 0 ? -lng : lng;
    return apart <= lng_span_ || 2 * std::int64_t{kLngMaxE7} - apart <= lng_span_;
  }

 private:
  LatLngE7 center_;
  std::int64_t lat_span_;
  std::int64_t lng_span_;
};

}  // namespace herd::geo
