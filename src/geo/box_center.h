#pragma once

#include <optional>

#include "geo/lat_lng.h"

namespace herd::geo {

// Finds the centre of a shape: the middle of the box of latitudes and longitudes round its points,
// as Overpass' "out center" has it. A shape across the antimeridian is right as long as it is less
// than half the globe wide.
class BoxCenter {
 public:
  void Add(const LatLng& point);

  // Nothing while no point was added.
  std::optional<LatLng> Center() const;

 private:
  bool empty_ = true;
  double lng_origin_ = 0;  // of the first point; longitudes are counted from it
  double south_ = 0;
  double north_ = 0;
  double west_ = 0;
  double east_ = 0;
};

}  // namespace herd::geo
