#pragma once

#include <span>

#include "geo/lat_lng.h"

namespace herd::load {

// Where movers are at home.
struct Town {
  geo::LatLng center;
  double population = 0;  // more people, more movers, further out
};

// Great towns of all parts of the world, for when no other list is at hand. Rounded: they only have
// to be plausible.
std::span<const Town> BuiltInTowns();

}  // namespace herd::load
