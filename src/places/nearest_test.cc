#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "places/index.h"
#include "places/index_builder.h"
#include "places/test_support.h"

namespace herd::places {
namespace {

// A whole number from 0 to below `end`, as likely large in the first case of a property as in the
// last.
int Below(int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, end));
}

double Between(double low, double high) {
  return low + (high - low) * (Below(1'000'000'001) / 1e9);
}

// A spot where a search is likely to go wrong.
geo::LatLng Spot() {
  switch (Below(7)) {
    case 0:
      return {90, Between(-180, 180)};
    case 1:
      return {-90, Between(-180, 180)};
    case 2:
      return {Between(-90, 90), Below(2) == 0 ? 180.0 : -180.0};
    case 3:
      return {35.264389682754654, 45};  // where three faces of S2's cube meet
    case 4:
      return {0, Below(8) * 45.0 - 180};
    default:
      return {Between(-90, 90), Between(-180, 180)};
  }
}

geo::LatLng Around(const geo::LatLng& spot, double spread_deg) {
  const double lat = spot.lat_deg + Between(-spread_deg, spread_deg);
  const double lng = spot.lng_deg + Between(-spread_deg, spread_deg);
  return {std::fmax(-90, std::fmin(90, lat)), std::remainder(lng, 360)};
}

// Clusters of all densities, lone places, and places at the same point.
void AddPlaces(IndexBuilder& builder, const std::vector<geo::LatLng>& spots) {
  const IndexBuilder::SourceNumber source = builder.AddSource("test", "", "test");
  int number = 0;
  const auto add = [&](const geo::LatLng& point) {
    const std::string id = std::to_string(number++);
    builder.Add(source, {.name = "place",
                         .lat_deg = point.lat_deg,
                         .lng_deg = point.lng_deg,
                         .id = id,
                         .vicinity = {},
                         .types = "test"});
  };
  for (const geo::LatLng& spot : spots) {
    const double spread_deg = std::pow(10, Between(-5, 1.5));
    const int count = Below(4) == 0 ? Below(1500) : Below(40);
    for (int i = 0; i < count; ++i) add(Around(spot, spread_deg));
    const int same = Below(3) == 0 ? Below(700) : Below(4);
    for (int i = 0; i < same; ++i) add(spot);
  }
  add({0, 0});
}

RC_GTEST_PROP(Nearest, IsWhatLookingAtEveryPlaceGives, ()) {
  const TestFolder folder;
  std::vector<geo::LatLng> spots;
  for (int i = Below(6) + 1; i > 0; --i) spots.push_back(Spot());
  IndexBuilder builder;
  AddPlaces(builder, spots);
  RC_ASSERT(std::move(builder).Write(folder / "index").has_value());
  const auto index = Index::Open(folder / "index");
  RC_ASSERT(index.has_value());
  for (int i = 0; i < 12; ++i) {
    const geo::LatLng& spot =
        spots[static_cast<std::size_t>(Below(static_cast<int>(spots.size())))];
    const geo::LatLng center = Below(3) == 0 ? spot : Around(spot, std::pow(10, Between(-5, 2)));
    const geo::Metres radius{Below(8) == 0 ? 0.0 : std::pow(10, Between(-1, 7.5))};
    const auto count_max = static_cast<std::size_t>(Below(10) == 0 ? Below(2000) : Below(21));
    const auto found = index->Nearest(center, radius, count_max);
    const auto expected = NearestByBruteForce(*index, center, radius, count_max);
    RC_ASSERT(Numbers(found) == Numbers(expected));
    for (std::size_t k = 0; k < found.size(); ++k)
      RC_ASSERT(found[k].distance == expected[k].distance);
  }
}

// One place more than any range of candidates that is looked through at once, all at one point.
TEST(Nearest, OfManyAtOnePointAreTheFirst) {
  const TestFolder folder;
  IndexBuilder builder;
  const IndexBuilder::SourceNumber source = builder.AddSource("test", "", "test");
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = std::to_string(i);
    builder.Add(
        source,
        {.name = "same", .lat_deg = 1, .lng_deg = 2, .id = id, .vicinity = {}, .types = "test"});
  }
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  const auto index = Index::Open(folder / "index");
  ASSERT_TRUE(index) << index.error();
  EXPECT_THAT(Numbers(index->Nearest({1, 2}, {0}, 3)), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(Numbers(index->Nearest({1.001, 2}, {50'000}, 3)), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(Numbers(index->Nearest({1.001, 2}, {1}, 3)), testing::IsEmpty());
}

TEST(Nearest, OfNoneIsNone) {
  const TestFolder folder;
  IndexBuilder builder;
  ASSERT_TRUE(std::move(builder).Write(folder / "index"));
  const auto index = Index::Open(folder / "index");
  ASSERT_TRUE(index) << index.error();
  EXPECT_TRUE(index->Nearest({0, 0}, {1e8}, 20).empty());
}

}  // namespace
}  // namespace herd::places
