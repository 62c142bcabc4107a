#include "geo/cells.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numbers>

#include "geo/cap_box.h"
#include "geo/lat_lng_e7.h"
#include "geo/testing.h"

namespace herd::geo {
namespace {

using testing::AwkwardPoint;
using testing::AwkwardRadius;
using testing::Destination;
using testing::Unit;

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
