#include "server/near.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace herd::server {
namespace {

using ::testing::HasSubstr;

TEST(ReadNear, TakesItsKeysInAnyOrderAndHasDefaults) {
  EXPECT_EQ(ReadNear("lat=34.07&lng=-118.44"), (NearRequest{.center = {34.07, -118.44}}));
  EXPECT_EQ(ReadNear("max=1000&lng=180&radius=0.5&lat=-90"),
            (NearRequest{.center = {-90, 180}, .radius = geo::Metres{500}, .max = 1000}));
  EXPECT_EQ(ReadNear("lat=0&lng=-0&radius=1000&max=1"),
            (NearRequest{.radius = geo::Metres{1'000'000}, .max = 1}));
}

TEST(ReadNear, SaysWhatIsAllowed) {
  for (const char* query : {"",
                            "lat=1",
                            "lng=1",
                            "lat=1&lng=",
                            "lat=1&lng",
                            "lat=90.0000001&lng=1",
                            "lat=1&lng=-180.1",
                            "lat=nan&lng=1",
                            "lat=inf&lng=1",
                            "lat=1e1&lng=1",
                            "lat=0x1&lng=1",
                            "lat=+1&lng=1",
                            "lat=%2B1&lng=1",
                            "lat=1,5&lng=1",
                            "lat= 1&lng=1",
                            "lat=1 &lng=1",
                            "lat=1&lng=1&lat=1",
                            "lat=1&lng=1&&max=1",
                            "lat=1&lng=1&max=0",
                            "lat=1&lng=1&max=1001",
                            "lat=1&lng=1&max=1.5",
                            "lat=1&lng=1&max=-1",
                            "lat=1&lng=1&max=99999999999999999999",
                            "lat=1&lng=1&radius=0",
                            "lat=1&lng=1&radius=0.0",
                            "lat=1&lng=1&radius=-1",
                            "lat=1&lng=1&radius=1000.1",
                            "lat=1&lng=1&radius=inf",
                            "lat=1&lng=1&lon=1",
                            "LAT=1&LNG=1",
                            "lat=1;lng=1",
                            "=&lat=1&lng=1"}) {
    const auto read = ReadNear(query);
    ASSERT_FALSE(read) << query;
    EXPECT_THAT(read.error(), HasSubstr("allowed, each once: lat=-90…90 and lng=-180…180"));
    EXPECT_THAT(read.error(), HasSubstr("up to 1000 in km (default 10) and max=1…1000"));
  }
  EXPECT_THAT(ReadNear("lat=1").error(), HasSubstr("lng is missing"));
  EXPECT_THAT(ReadNear("lat=1&lng=1&radius=x").error(), HasSubstr("radius is no such number"));
  EXPECT_THAT(ReadNear("lat=1&lat=2").error(), HasSubstr("lat comes twice"));
}

TEST(NearJson, IsJsonWhateverTheIds) {
  EXPECT_EQ(NearJson({}), "{\"clients\":[],\"complete\":true}\n");
  EXPECT_EQ(
      NearJson({.clients = {{.client = "a\"\x01", .at_line = "AT …", .distance = {12.345}},
                            {.client = "\xff\\", .at_line = "\xff\\", .distance = {1'000'000}}}}),
      "{\"clients\":[{\"client\":\"a\\\"\\\\x01\",\"distance_m\":12.3,\"at\":\"AT …\"},"
      "{\"client\":\"\\\\xff\\\\\\\\\",\"distance_m\":1000000.0,\"at\":\"\\\\xff\\\\\\\\\"}],"
      "\"complete\":true}\n");
}

TEST(NearJson, SaysWhatWasNotLookedThrough) {
  EXPECT_EQ(NearJson({.complete = false, .searched = {1220.06}}),
            "{\"clients\":[],\"complete\":false,\"searched_m\":1220.1}\n");
}

}  // namespace
}  // namespace herd::server
