#include "geo/distance.h"

#include <gtest/gtest.h>

namespace herd::geo {
namespace {

TEST(Distance, OfAPointToItselfIsZero) {
  EXPECT_EQ(Distance({42.5, 1.5}, {42.5, 1.5}).value, 0);
}

TEST(Distance, OfAQuarterOfTheEquator) {
  EXPECT_NEAR(Distance({0, 0}, {0, 90}).value, 10'007'557.2, 0.5);
}

TEST(Distance, CrossesTheAntimeridianTheShortWay) {
  EXPECT_NEAR(Distance({0, 179.5}, {0, -179.5}).value, 111'195.1, 0.5);
}

TEST(Distance, BetweenAntipodesIsHalfTheCircumference) {
  EXPECT_NEAR(Distance({90, 0}, {-90, 0}).value, 20'015'114.4, 0.5);
}

TEST(Distance, AtThePoleLongitudeDoesNotMatter) {
  EXPECT_NEAR(Distance({90, 10}, {90, -170}).value, 0, 1e-6);
}

}  // namespace
}  // namespace herd::geo
