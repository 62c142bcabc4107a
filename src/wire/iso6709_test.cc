#include "wire/iso6709.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <regex>
#include <string>

#include "wire/testing.h"

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

TEST(ParseIso6709, TakesNoMoreThan96Bytes) {
  const auto with = [](std::size_t bytes) {
    return "+27.5916+086.5640CRS" + std::string(bytes - 20, 'x');
  };
  EXPECT_TRUE(ParseIso6709(with(96)));
  EXPECT_TRUE(ReadIso6709(with(96)));
  EXPECT_FALSE(ParseIso6709(with(97)));
  EXPECT_FALSE(ReadIso6709(with(97)));
  EXPECT_FALSE(ReadIso6709("+1." + std::string(8000, '1') + "+1"));
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

std::string Write(const CompactLocation& location) {
  std::string text(kLocationBytesMax, 'x');
  text.resize(static_cast<std::size_t>(WriteLocation(text.data(), location.point, location.layout) -
                                       text.data()));
  return text;
}

TEST(ReadIso6709, KeepsTheLayoutOfDecimalDegrees) {
  for (const char* text :
       {"+34.068930-118.445127", "+34.068930-118.445127/", "+34-118", "-0+0", "+0-0", "-00-000/",
        "+00.0-000.0000000", "-5.1234567+007", "+90.0000000+180.0000000/", "+9.0+08.10"}) {
    const auto location = ReadIso6709(text);
    ASSERT_TRUE(location) << text;
    EXPECT_EQ(Write(*location), text);
  }
}

TEST(ReadIso6709, LeavesOtherTextsText) {
  for (const char* text :
       {"+34.06893000-118", "+34-118.00000000", "+4012.22-07500.25", "+401213.1-0750015.1",
        "+27.5916+086.5640+8850", "+27.5916+086.5640CRSWGS_84/", "+00000+000000"}) {
    const auto location = ReadIso6709(text);
    if (!location) continue;
    EXPECT_EQ(location->layout, LocationLayout::kText) << text;
  }
}

TEST(ReadIso6709, RoundsToTheNearest) {
  const auto point = [](std::string_view text) { return ReadIso6709(text).value().point; };
  EXPECT_EQ(point("+34.068930-118.445127"), (LocationE7{340'689'300, -1'184'451'270}));
  EXPECT_EQ(point("-0.00000005+0.000000049999"), (LocationE7{-1, 0}));
  EXPECT_EQ(point("+89.99999999-179.99999999"), (LocationE7{900'000'000, -1'800'000'000}));
  EXPECT_EQ(point("+895959.9999999-1795959.9999999"), (LocationE7{900'000'000, -1'800'000'000}));
  EXPECT_EQ(point("+4012.22-07500.25"), (LocationE7{402'036'667, -750'041'667}));
  EXPECT_EQ(ReadIso6709("+90.00000001+0"), std::nullopt);
  EXPECT_EQ(ReadIso6709("+0-180.00000001"), std::nullopt);
}

// Texts of either form of plain degrees and of the others, and some that are nearly one.
std::string NearlyLocation() {
  const int form = *rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}});
  std::string text = testing::AnySign() + testing::AnyDigits(1, 2) +
                     (form == 0 ? "" : testing::AnyDigits(2 * form, 2 * form)) +
                     testing::AnyDecimals(10) + testing::AnySign() + testing::AnyDigits(1, 3) +
                     (form == 0 ? "" : testing::AnyDigits(2 * form, 2 * form)) +
                     testing::AnyDecimals(10);
  text += *rc::gen::element<std::string>("", "", "", "/", "/", "+12", "-1.5/", "CRSWGS_84/",
                                         "+1CRS<a/b>/");
  return *rc::gen::element(0, 1) == 0 ? text : testing::Spoilt(text);
}

// The rules for one angle, straight from the protocol; the size of the angle in ten millionths.
std::optional<double> PlainSizeE7(const std::string& whole, const std::string& decimals,
                                  std::size_t degree_digits, std::size_t pairs, int degrees_max) {
  const bool full = whole.size() == degree_digits + 2 * pairs;
  if (pairs > 0 ? !full : whole.size() > degree_digits) return std::nullopt;
  const std::size_t digits = whole.size() - 2 * pairs;
  const int degrees = std::stoi(whole.substr(0, digits));
  const std::string below = whole.substr(digits) + decimals;
  if (degrees > degrees_max ||
      (degrees == degrees_max && below.find_first_of("123456789") != std::string::npos)) {
    return std::nullopt;
  }
  if (pairs == 0) return static_cast<double>(std::stold(whole + "." + decimals + "0") * 1e7L);
  for (std::size_t i = 0; i < pairs; ++i) {
    if (std::stoi(below.substr(2 * i, 2)) >= 60) return std::nullopt;
  }
  const long double last = std::stold(below.substr(2 * pairs - 2, 2) + "." + decimals + "0");
  const long double minutes = pairs == 1 ? last : std::stoi(below.substr(0, 2)) + last / 60;
  return static_cast<double>((degrees + minutes / 60) * 1e7L);
}

RC_GTEST_PROP(ReadIso6709, AgreesWithThePlainRules, ()) {
  const std::string text = NearlyLocation();
  static const std::regex form(
      "([+-])([0-9]+)(?:\\.([0-9]+))?([+-])([0-9]+)(?:\\.([0-9]+))?"
      "((?:[+-][0-9]+(?:\\.[0-9]+)?)?(?:CRS(?:[!-+\\-.0-;=?-~]+|<[!-+\\--;=?-~]+>))?/?)");
  std::smatch parts;
  std::optional<double> latitude;
  std::optional<double> longitude;
  bool plain = false;
  if (std::regex_match(text, parts, form)) {
    const std::size_t pairs = parts[2].length() <= 2 ? 0 : parts[2].length() <= 4 ? 1 : 2;
    latitude = PlainSizeE7(parts[2], parts[3], 2, pairs, 90);
    longitude = PlainSizeE7(parts[5], parts[6], 3, pairs, 180);
    plain = pairs == 0 && parts[3].length() <= 7 && parts[6].length() <= 7 &&
            (parts[7] == "" || parts[7] == "/");
  }
  const auto read = ReadIso6709(text);
  const auto parsed = ParseIso6709(text);
  RC_CLASSIFY(read.has_value(), "right");
  RC_CLASSIFY(plain && read, "plain");
  RC_ASSERT(read.has_value() == (latitude && longitude));
  RC_ASSERT(parsed.has_value() == read.has_value());
  if (!read) return;
  RC_ASSERT((read->layout != LocationLayout::kText) == plain);
  if (plain) RC_ASSERT(Write(*read) == text);
  const auto near = [](double a, double b) { return std::abs(a - b) <= 0.5 + 1e-6; };
  const double south = parts[1] == "-" ? -1 : 1;
  const double west = parts[4] == "-" ? -1 : 1;
  RC_ASSERT(near(read->point.latitude, south * *latitude));
  RC_ASSERT(near(read->point.longitude, west * *longitude));
  RC_ASSERT(near(read->point.latitude, parsed->latitude_deg * 1e7));
  RC_ASSERT(near(read->point.longitude, parsed->longitude_deg * 1e7));
  RC_ASSERT(std::signbit(parsed->latitude_deg) == (south < 0));
}

}  // namespace
}  // namespace herd::wire
