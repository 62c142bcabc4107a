#include "geo/box_center.h"

#include <gtest/gtest.h>

namespace herd::geo {
namespace {

TEST(BoxCenter, OfNothingIsNothing) {
  EXPECT_EQ(BoxCenter().Center(), std::nullopt);
}

TEST(BoxCenter, OfOnePointIsThatPoint) {
  BoxCenter center;
  center.Add({42.5, 1.25});
  EXPECT_EQ(center.Center(), (LatLng{42.5, 1.25}));
}

TEST(BoxCenter, IsTheMiddleOfTheBoxHoweverThePointsCluster) {
  BoxCenter center;
  for (const LatLng point : {LatLng{0, 0}, LatLng{0, 0.1}, LatLng{0.1, 0}, LatLng{4, 8}}) {
    center.Add(point);
  }
  EXPECT_EQ(center.Center(), (LatLng{2, 4}));
}

TEST(BoxCenter, GoesTheShortWayAcrossTheAntimeridian) {
  BoxCenter center;
  center.Add({0, 179});
  center.Add({2, -177});
  ASSERT_TRUE(center.Center().has_value());
  EXPECT_NEAR(center.Center()->lng_deg, -179, 1e-9);
  EXPECT_NEAR(center.Center()->lat_deg, 1, 1e-9);
}

}  // namespace
}  // namespace herd::geo
