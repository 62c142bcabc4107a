#include "geo/cells.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geo/cap_box.h"
#include "geo/lat_lng_e7.h"

namespace herd::geo {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

// A whole number from 0 to below `end`, as likely large in the first case of a property as in the
// last.
int Below(int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, end));
}

double Unit() {
  return Below(1'000'000'001) / 1e9;
}

// Points of the globe, with the awkward ones (poles, antimeridian, corners and edges of S2's cube)
// far more often than chance would have them.
LatLng AwkwardPoint() {
  const double corner_lat = std::asin(1 / std::sqrt(3.0)) / kDegree;
  const double tiny = (Unit() - 0.5) * 1e-3;
  switch (Below(6)) {
    case 0:
      return {90, Unit() * 360 - 180};
    case 1:
      return {-90 + std::fabs(tiny), Unit() * 360 - 180};
    case 2:
      return {Unit() * 180 - 90, Unit() < 0.5 ? 180 - std::fabs(tiny) : -180 + std::fabs(tiny)};
    case 3:
      return {corner_lat + tiny, 45 + tiny};
    case 4:
      return {Unit() * 30, -135 + tiny};
    default:
      return {Unit() * 180 - 90, Unit() * 360 - 180};
  }
}

Metres AwkwardRadius() {
  // From a centimetre to a quarter of the globe, as many of each magnitude.
  return {std::pow(10.0, Unit() * 9 - 2)};
}

// The point at a distance from another, in a direction (both in radians).
LatLng Destination(const LatLng& from, double angle, double bearing) {
  const double lat = from.lat_deg * kDegree;
  const double sin_lat =
      std::sin(lat) * std::cos(angle) + std::cos(lat) * std::sin(angle) * std::cos(bearing);
  const double lat2 = std::asin(std::clamp(sin_lat, -1.0, 1.0));
  const double lng2 =
      from.lng_deg * kDegree + std::atan2(std::sin(bearing) * std::sin(angle) * std::cos(lat),
                                          std::cos(angle) - std::sin(lat) * sin_lat);
  return {lat2 / kDegree, std::remainder(lng2 / kDegree, 360.0)};
}

bool Covers(const CapCover& cover, CellId cell) {
  return std::ranges::any_of(cover.Ranges(), [&](const CellRange& range) {
    return range.first <= cell && cell <= range.last;
  });
}

RC_GTEST_PROP(CoverCap, HoldsEveryPointOfTheCap, ()) {
  const LatLng center = AwkwardPoint();
  const Metres radius = AwkwardRadius();
  const CapCover cover = CoverCap(center, radius);
  const CapBox box(center, radius);
  RC_ASSERT(Covers(cover, LeafCell(center)));
  for (int i = 0; i < 64; ++i) {
    const double share = i % 2 == 0 ? 1 : Unit();
    const double angle = std::min(share * radius.value / kEarthRadius.value, std::numbers::pi);
    const LatLng point = ToLatLng(ToE7(Destination(center, angle, Unit() * 2 * std::numbers::pi)));
    if (Distance(center, point) > radius) continue;
    RC_ASSERT(Covers(cover, LeafCell(point)));
    RC_ASSERT(box.MayContain(ToE7(point)));
  }
}

RC_GTEST_PROP(CoverCap, HasItsRangesInOrderAndApart, ()) {
  const CapCover cover = CoverCap(AwkwardPoint(), AwkwardRadius());
  RC_ASSERT(!cover.Ranges().empty());
  std::uint64_t end = 0;
  for (const CellRange& range : cover.Ranges()) {
    RC_ASSERT(range.first.value > end);
    RC_ASSERT(range.last >= range.first);
    end = range.last.value;
  }
}

TEST(CoverCap, OfASmallCapLeavesOutWhatIsFarAway) {
  const CapCover cover = CoverCap({42.5, 1.5}, {10'000});
  EXPECT_LE(cover.Ranges().size(), 4U);
  EXPECT_FALSE(Covers(cover, LeafCell({43.5, 1.5})));
  EXPECT_FALSE(Covers(cover, LeafCell({-42.5, -178.5})));
}

TEST(CapBox, LeavesOutWhatIsOutside) {
  const CapBox box({60, 179.95}, {10'000});
  EXPECT_TRUE(box.MayContain(ToE7({60, -179.95})));
  EXPECT_FALSE(box.MayContain(ToE7({60.1, 179.95})));
  EXPECT_FALSE(box.MayContain(ToE7({60, -179.5})));
  EXPECT_FALSE(box.MayContain(ToE7({60, 0})));
}

}  // namespace
}  // namespace herd::geo
