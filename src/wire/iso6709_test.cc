#include "wire/iso6709.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <string>

namespace herd::wire {
namespace {

void ExpectNear(const char* text, double latitude_deg, double longitude_deg) {
  const auto location = ParseIso6709(text);
  ASSERT_TRUE(location) << text;
  EXPECT_NEAR(location->latitude_deg, latitude_deg, 1e-12) << text;
  EXPECT_NEAR(location->longitude_deg, longitude_deg, 1e-12) << text;
}

TEST(ParseIso6709, ReadsDecimalDegrees) {
  ExpectNear("+34.068930-118.445127", 34.068930, -118.445127);
  ExpectNear("+34-118", 34, -118);
  ExpectNear("-5+7", -5, 7);
  ExpectNear("+0.5-007.25", 0.5, -7.25);
  ExpectNear("-00.000000-000.000000", 0, 0);
}

TEST(ParseIso6709, ReadsDegreesAndMinutes) {
  ExpectNear("+4012.22-07500.25", 40 + 12.22 / 60, -(75 + 0.25 / 60));
  ExpectNear("-0059+17959.999", -59.0 / 60, 179 + 59.999 / 60);
}

TEST(ParseIso6709, ReadsDegreesMinutesAndSeconds) {
  ExpectNear("+401213.1-0750015.1", 40 + 12 / 60.0 + 13.1 / 3600, -(75 + 15.1 / 3600));
  ExpectNear("+000059-0000059.5", 59 / 3600.0, -59.5 / 3600);
}

TEST(ParseIso6709, TakesAltitudeReferenceSystemAndSlash) {
  for (const char* tail :
       {"/", "+8850", "+8850/", "-11034.5/", "+8850CRSWGS_84/", "CRSWGS_84/", "CRSWGS_84",
        "+8850CRSEPSG:4326/", "+8850CRS<https://example.org/crs/84>/"}) {
    ExpectNear((std::string("+27.5916+086.5640") + tail).c_str(), 27.5916, 86.5640);
  }
}

TEST(ParseIso6709, HoldsTheBoundsToTheDigit) {
  ExpectNear("+90-180", 90, -180);
  ExpectNear("-90.000+180.0000", -90, 180);
  ExpectNear("+900000.0+1800000.0", 90, 180);
  for (const char* text : {"+90.00000000000000000000000001+0", "+0+180.00000000000000000000000001",
                           "+91+0", "+0+181", "+99+0", "+0+999", "+9000.1+00000", "+0000-18000.001",
                           "+900000.01+0000000", "+900001+0000000", "+9001+00000"}) {
    EXPECT_EQ(ParseIso6709(text), std::nullopt) << text;
  }
}

TEST(ParseIso6709, HoldsMinutesAndSecondsBelowSixty) {
  for (const char* text : {"+4060+07500", "+4000+07560", "+406000+0750000", "+400060+0750000",
                           "+400000+0750060", "+400000+0756000", "+4060.0+07500.0"}) {
    EXPECT_EQ(ParseIso6709(text), std::nullopt) << text;
  }
}

TEST(ParseIso6709, RefusesAnyOtherText) {
  for (const char* text : {"",
                           "+",
                           "+34",
                           "34-118",
                           "+34118",
                           "+34 -118",
                           "+34.-118",
                           "+.5-118",
                           "+34-118.",
                           "+34-.5",
                           "+034-118",
                           "+34-0118.5-",
                           "+12345+0123456",
                           "+34-1234567890",
                           "+34e1-118",
                           "+34-118e1",
                           "+nan-118",
                           "+inf-118",
                           "+34,5-118",
                           "+34-118,5",
                           "+34--118",
                           "++34-118",
                           "+34-118+",
                           "+34-118+88.",
                           "+34-118CRS",
                           "+34-118CRS/",
                           "+34-118//",
                           "+34-118/x",
                           "x+34-118",
                           "+34-118CRSa b/",
                           "+34-118CRSa,b/",
                           "+34-118CRS<a/",
                           "+34-118crsX/",
                           "+0x10-118",
                           "+34-118+8850+1",
                           "+4012-075",
                           "+40-07500",
                           "+401213-07500",
                           "+34_0-118"}) {
    EXPECT_EQ(ParseIso6709(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(ParseIso6709, AgreesWithPrintf, ()) {
  const int latitude_e6 = *rc::gen::inRange(-90'000'000, 90'000'001);
  const int longitude_e6 = *rc::gen::inRange(-180'000'000, 180'000'001);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%+010.6f%+011.6f", latitude_e6 / 1e6,
                longitude_e6 / 1e6);
  const auto location = ParseIso6709(text.data());
  RC_ASSERT(location.has_value());
  RC_ASSERT(location->latitude_deg == latitude_e6 / 1e6);
  RC_ASSERT(location->longitude_deg == longitude_e6 / 1e6);
}

}  // namespace
}  // namespace herd::wire
