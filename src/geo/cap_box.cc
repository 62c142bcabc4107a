#include "geo/cap_box.h"

#include <cmath>
#include <numbers>

namespace herd::geo {
namespace {

constexpr double kHalfTurn = std::numbers::pi;
constexpr double kE7PerRadian = 180e7 / kHalfTurn;
// The center and the points are each rounded by up to half a unit, the sums below by far less.
constexpr std::int64_t kRoundingSlackE7 = 4;

std::int64_t SpanE7(double radians) {
  return static_cast<std::int64_t>(std::ceil(radians * kE7PerRadian)) + kRoundingSlackE7;
}

}  // namespace

CapBox::CapBox(const LatLng& center, Metres radius) : center_(ToE7(center)) {
  const double angle = std::fmin(radius.value / kEarthRadius.value, kHalfTurn);
  const double lat = center.lat_deg / 180 * kHalfTurn;
  lat_span_ = SpanE7(angle);
  // Where the cap holds a pole it touches every meridian; just short of that the arc sine below is
  // too steep to trust.
  constexpr double kPoleMargin = 1e-6;
  const bool all_meridians = std::fabs(lat) + angle >= kHalfTurn / 2 - kPoleMargin;
  // The meridians that touch the cap: sin(span) = sin(angle) / cos(latitude).
  lng_span_ = SpanE7(all_meridians ? kHalfTurn : std::asin(std::sin(angle) / std::cos(lat)));
}

}  // namespace herd::geo
