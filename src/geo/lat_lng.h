#pragma once

namespace herd::geo {

// A point on the sphere. Latitude in [-90, 90], longitude in [-180, 180], both in degrees; whoever
// makes one has checked that.
struct LatLng {
  double lat_deg = 0;
  double lng_deg = 0;

  friend bool operator==(const LatLng&, const LatLng&) = default;
};

}  // namespace herd::geo
