#pragma once

#include <cstdint>
#include <string>

#include "geo/lat_lng_e7.h"

namespace herd::load {

// What the loaded server speaks.
enum class Dialect {
  kHerd,
  kRedis,  // RESP, for comparison: GEOADD, GEOPOS, GEOSEARCH on one key "fleet"
  // What clients are near a point; questions only:
  kHerdNear,   // HTTP, GET /v1/near of the admin address
  kRedisNear,  // RESP, GEOSEARCH FROMLONLAT
};

// What a command asks for, as far as its reply depends on it.
enum class Ask : std::uint8_t { kReport, kQuestion };

// A client's number, over all workers; its ID is "client-0000042". At most 9,999,999.
enum class ClientNumber : std::uint32_t {};
inline constexpr std::uint32_t kClientsMax = 10'000'000;

// One position report. `time_ns` is POSIX time, over 0; Redis is not told. In whole millionths of a
// degree, about 0.1 m. Written by hand, in some 30 ns: the loader must outrun what it loads.
void AppendReport(std::string& out, Dialect dialect, ClientNumber client, geo::LatLngE7 position,
                  std::int64_t time_ns);

constexpr bool OnlyAsks(Dialect dialect) {
  return dialect == Dialect::kHerdNear || dialect == Dialect::kRedisNear;
}

// Where a client is, and what is near it: WHATSAT. Redis knows no places: it is asked for the
// clients near this one, and with radius or `results_max` 0 for the client's position alone, which
// is what WHATSAT comes to then.
void AppendQuestion(std::string& out, Dialect dialect, ClientNumber client, int radius_km,
                    int results_max);

// Which clients are near a point, in a dialect that only asks.
void AppendNear(std::string& out, Dialect dialect, geo::LatLngE7 position, int radius_km,
                int results_max);

}  // namespace herd::load
