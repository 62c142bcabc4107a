#include "geo/box_center.h"

#include <algorithm>
#include <cmath>

namespace herd::geo {

void BoxCenter::Add(const LatLng& point) {
  if (empty_) {
    empty_ = false;
    lng_origin_ = point.lng_deg;
    south_ = north_ = point.lat_deg;
    return;
  }
  const double lng = std::remainder(point.lng_deg - lng_origin_, 360.0);
  south_ = std::min(south_, point.lat_deg);
  north_ = std::max(north_, point.lat_deg);
  west_ = std::min(west_, lng);
  east_ = std::max(east_, lng);
}

std::optional<LatLng> BoxCenter::Center() const {
  if (empty_) return std::nullopt;
  const double lng = lng_origin_ + (west_ + east_) / 2;
  const bool in_range = lng >= -180 && lng <= 180;
  return LatLng{(south_ + north_) / 2, in_range ? lng : std::remainder(lng, 360.0)};
}

}  // namespace herd::geo
