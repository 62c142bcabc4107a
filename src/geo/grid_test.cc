#include "geo/grid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "geo/testing.h"

namespace herd::geo {
namespace {

using testing::AwkwardPoint;
using testing::Below;
using testing::Destination;
using testing::kDegree;
using testing::Unit;

constexpr Metres kHalfTheGlobe{std::numbers::pi * kEarthRadius.value};

std::uint32_t Value(GridCell cell) {
  return static_cast<std::uint32_t>(cell);
}

std::uint32_t RowOf(std::uint32_t cell) {
  return cell >> 16;
}

std::uint32_t ColumnOf(std::uint32_t cell) {
  return cell & 0xFFFF;
}

// The cells of all rings, each with its ring's bound; fails when one comes twice.
std::unordered_map<std::uint32_t, Metres> AllCells(CellsAround cells) {
  std::unordered_map<std::uint32_t, Metres> bounds;
  for (; !cells.done(); cells.NextRing()) {
    cells.ForEach(
        [&](GridCell cell) { RC_ASSERT(bounds.emplace(Value(cell), cells.bound()).second); });
  }
  return bounds;
}

// Up to `largest`, as many of each magnitude, and nothing.
Metres RadiusUpTo(double largest) {
  return {Below(10) == 0 ? 0 : largest * std::pow(10.0, -7 * Unit())};
}

RC_GTEST_PROP(CellOf, IsACellOfTheGridInTheSouthWestOfItsNeighbours, ()) {
  const LatLngE7 point = ToE7(AwkwardPoint());
  const std::uint32_t row = RowOf(Value(CellOf(point)));
  const std::uint32_t column = ColumnOf(Value(CellOf(point)));
  RC_ASSERT(row < kGridRows);
  RC_ASSERT(column < kGridColumns[row]);
  // Reckoned otherwise, but for points that are just at an edge.
  const LatLng degrees = ToLatLng(point);
  RC_ASSERT(std::fabs((degrees.lat_deg + 90) / 180 * kGridRows - row - 0.5) <= 0.5 + 1e-4);
  const double lng = degrees.lng_deg == 180 ? -180 : degrees.lng_deg;
  RC_ASSERT(std::fabs((lng + 180) / 360 * kGridColumns[row] - column - 0.5) <= 0.5 + 1e-4);
}

TEST(CellOf, TakesTheCornersOfTheGlobe) {
  EXPECT_EQ(Value(CellOf({-kLatMaxE7, -kLngMaxE7})), 0U);
  EXPECT_EQ(Value(CellOf({kLatMaxE7, kLngMaxE7 - 1})),
            (kGridRows - 1) << 16 | (kGridColumns.back() - 1U));
  EXPECT_EQ(CellOf({0, kLngMaxE7}), CellOf({0, -kLngMaxE7}));
}

TEST(Grid, HasCellsAboutAsWideAsHigh) {
  EXPECT_EQ(kGridColumns[kGridRows / 2], kGridColumnsMax);
  for (std::uint32_t row = 0; row < kGridRows; ++row) {
    const double middle = ((row + 0.5) / kGridRows * 180 - 90) * kDegree;
    EXPECT_NEAR(kGridColumns[row], kGridColumnsMax * std::cos(middle), 0.5 + 1e-9) << row;
    EXPECT_GE(kGridColumns[row], 1U);
  }
}

RC_GTEST_PROP(CellsAround, MissesNoPointAndBoundsItsDistance, ()) {
  const LatLng center = AwkwardPoint();
  const Metres radius = RadiusUpTo(300'000);
  const CellsAround cells(center, radius);
  const auto bounds = AllCells(cells);
  RC_ASSERT(bounds.size() == cells.CountAll());
  for (int i = 0; i < 64; ++i) {
    const double share = i % 2 == 0 ? 1 : Unit();
    const double bearing = Unit() * 2 * std::numbers::pi;
    const LatLng exact = Destination(center, share * radius.value / kEarthRadius.value, bearing);
    const auto found = bounds.find(Value(CellOf(ToE7(exact))));
    if (Distance(center, exact) > radius && found == bounds.end()) continue;
    RC_ASSERT(found != bounds.end());
    RC_ASSERT(found->second <= Distance(center, exact));
  }
}

RC_GTEST_PROP(CellsAround, HasOnlyCellsOfTheGrid, ()) {
  for (const auto& [cell, bound] : AllCells(CellsAround(AwkwardPoint(), RadiusUpTo(30'000)))) {
    RC_ASSERT(RowOf(cell) < kGridRows);
    RC_ASSERT(ColumnOf(cell) < kGridColumns[RowOf(cell)]);
  }
}

RC_GTEST_PROP(CellsAround, HoldsForGreatCaps, ()) {
  const LatLng center = AwkwardPoint();
  const Metres radius = RadiusUpTo(3'000'000);
  const double angle = Unit() * radius.value / kEarthRadius.value;
  const LatLng point = Destination(center, angle, Unit() * 2 * std::numbers::pi);
  const Metres distance = Distance(center, point);
  RC_PRE(distance <= radius);
  const GridCell wanted = CellOf(ToE7(point));
  int found = 0;
  for (CellsAround ring(center, radius); !ring.done() && ring.bound() <= distance;
       ring.NextRing()) {
    ring.ForEach([&](GridCell cell) { found += cell == wanted ? 1 : 0; });
  }
  RC_ASSERT(found == 1);
}

TEST(CellsAround, OfAPointIsItsCell) {
  int rings = 0;
  std::vector<GridCell> seen;
  for (CellsAround cells({34.07, -118.44}, {0}); !cells.done(); cells.NextRing()) {
    ++rings;
    EXPECT_EQ(cells.bound(), Metres{0});
    cells.ForEach([&](GridCell cell) { seen.push_back(cell); });
  }
  EXPECT_EQ(rings, 1);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front(), CellOf(ToE7({34.07, -118.44})));
}

TEST(CellsAround, TenKilometresAreAFewHundredCells) {
  EXPECT_LT(CellsAround({34.07, -118.44}, {10'000}).CountAll(), 350U);
  EXPECT_LT(CellsAround({0, 180}, {10'000}).CountAll(), 350U);
  EXPECT_LT(CellsAround({90, 0}, {10'000}).CountAll(), 350U);
}

TEST(CellsAround, HalfTheGlobeIsAllOfIt) {
  const std::uint64_t all =
      std::accumulate(kGridColumns.begin(), kGridColumns.end(), std::uint64_t{0});
  for (const LatLng center : {LatLng{0, 0}, LatLng{51.5, -0.1}, LatLng{-90, 0}, LatLng{90, 180}}) {
    EXPECT_EQ(CellsAround(center, kHalfTheGlobe).CountAll(), all);
    EXPECT_EQ(CellsAround(center, {1e300}).CountAll(), all);
  }
}

TEST(CellsAround, BoundsGrowToTheRadius) {
  CellsAround cells({0, 0}, {10'000});
  Metres last{-1};
  for (; !cells.done(); cells.NextRing()) {
    EXPECT_GT(cells.bound(), last);
    EXPECT_LT(cells.bound(), Metres{10'000});
    last = cells.bound();
  }
  EXPECT_GT(last, Metres{8'000});
}

}  // namespace
}  // namespace herd::geo
