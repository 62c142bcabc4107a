#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet.h"
#include "geo/distance.h"
#include "geo/lat_lng.h"

namespace herd::server {

inline constexpr double kNearRadiusKmMax = 1000;
inline constexpr std::size_t kNearMax = 1000;

// What an operator asks for: the clients nearest to a point.
struct NearRequest {
  geo::LatLng center;
  geo::Metres radius{10'000};
  std::size_t max = 10;

  friend bool operator==(const NearRequest&, const NearRequest&) = default;
};

// Reads the query of `GET /v1/near`: lat=DEGREES&lng=DEGREES, and where the defaults do not do,
// radius=KM and max=N, in any order. Numbers are digits with a point and, in front, a minus. The
// error says what is allowed.
std::expected<NearRequest, std::string> ReadNear(std::string_view query);

// {"clients":[{"client":ID,"distance_m":METRES,"at":LINE},…],"complete":true} and a line end. When
// the search came to its bound: "complete":false,"searched_m":METRES, within which none is missing.
// ID and LINE are shown by wire/shown.h, so that they can be had back.
std::string NearJson(const fleet::NearAnswer& answer);

}  // namespace herd::server
