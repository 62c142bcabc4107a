#include "cli/time_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>
#include <string>

#include "wire/time.h"

namespace herd::cli {
namespace {

std::string Read(const std::string& text, const std::string& format = "", int zone_hours = 0) {
  const auto made = TimeFormat::Make(format, std::chrono::hours(zone_hours));
  if (!made) return made.error();
  const auto time = made->Read(text);
  if (time) return *time;
  switch (time.error()) {
    case TimeFault::kAmbiguous:
      return "ambiguous";
    case TimeFault::kOutOfRange:
      return "out of range";
    case TimeFault::kUnreadable:
      break;
  }
  return "unreadable";
}

TEST(TimeFormat, KeepsPosixSecondsAsTheyAre) {
  EXPECT_EQ(Read("1520023934.918963997"), "1520023934.918963997");
  EXPECT_EQ(Read(" 0 "), "0");
  EXPECT_EQ(Read("-1.50"), "-1.50");
  EXPECT_EQ(Read("1520023934", "posix"), "1520023934");
  EXPECT_EQ(Read("1.", "posix"), "unreadable");
  EXPECT_EQ(Read("1e9"), "unreadable");
  EXPECT_EQ(Read("1520023934918"), "out of range");
}

TEST(TimeFormat, ReadsPosixMilliseconds) {
  EXPECT_EQ(Read("1520023934918", "posix-ms"), "1520023934.918");
  EXPECT_EQ(Read("1520023934918.25", "posix-ms"), "1520023934.91825");
  EXPECT_EQ(Read("7", "posix-ms"), "0.007");
  EXPECT_EQ(Read("-1500", "posix-ms"), "-1.500");
  EXPECT_EQ(Read("1.x", "posix-ms"), "unreadable");
}

TEST(TimeFormat, ReadsIso8601InItsUsualForms) {
  EXPECT_EQ(Read("2008-12-11 04:42:14+00"), "1228970534");
  EXPECT_EQ(Read("2010-10-03T13:15:19Z"), "1286111719");
  EXPECT_EQ(Read("2010-10-03t15:15:19+0200"), "1286111719");
  EXPECT_EQ(Read("2010-10-03T07:45:19-05:30"), "1286111719");
  EXPECT_EQ(Read("2010-10-03 13:15:19 UTC"), "1286111719");
  EXPECT_EQ(Read("20101003T131519Z"), "1286111719");
  EXPECT_EQ(Read("2010/10/03 13:15"), "1286111700");
  EXPECT_EQ(Read("2010-10-03"), "1286064000");
  EXPECT_EQ(Read("2016-12-31T23:59:60Z"), "1483228800");
}

TEST(TimeFormat, KeepsDecimalsExactly) {
  EXPECT_EQ(Read("2010-10-03T13:15:19.10Z"), "1286111719.10");
  EXPECT_EQ(Read("2010-10-03T13:15:19,000000001Z"), "1286111719.000000001");
  EXPECT_EQ(Read("2010-10-03T13:15:19.0000000019Z"), "1286111719.000000001");
  EXPECT_EQ(Read("1969-12-31T23:59:59.75Z"), "-0.25");
  EXPECT_EQ(Read("1969-12-31T23:59:58.5Z"), "-1.5");
}

TEST(TimeFormat, RefusesWhatIsNotOnTheCalendar) {
  for (const char* text :
       {"", "2021-02-29", "2021-13-01", "2021-00-01", "2021-01-00", "2021-01-01T24:00:00Z",
        "2021-01-01T23:60:00Z", "2021-01-01T23:59:61Z", "2021-01-01T", "2021-01-01 5:00",
        "2021-01-01T05:00:00 PST", "2021-01-01T05:00:00+19", "2021-01-01T05:00:00Zx", "noon"}) {
    EXPECT_EQ(Read(text), "unreadable") << text;
  }
  EXPECT_EQ(Read("2300-01-01"), "out of range");
  EXPECT_EQ(Read("1600-01-01"), "out of range");
}

TEST(TimeFormat, DoesNotGuessTheOrderOfDayAndMonth) {
  EXPECT_EQ(Read("20/03/2021 00:22"), "ambiguous");
  EXPECT_EQ(Read("3.4.21"), "ambiguous");
  EXPECT_EQ(Read("03-04-2021 10:00"), "ambiguous");
  EXPECT_EQ(Read("03/04/2021", "iso"), "unreadable");
}

TEST(TimeFormat, ReadsByPatterns) {
  EXPECT_EQ(Read("20/03/2021 00:22", "%d/%m/%Y %H:%M"), "1616199720");
  EXPECT_EQ(Read("3/4/21  1:05 pm", "%m/%d/%y %I:%M %p"), "1614863100");
  EXPECT_EQ(Read("12:00 AM 2021-03-20", "%I:%M %p %F"), "1616198400");
  EXPECT_EQ(Read("Mar 20 2021 00:22:05.250 +0200", "%b %e %Y %T %z"), "1616192525.250");
  EXPECT_EQ(Read("20 march 2021", "%d %B %Y"), "1616198400");
  EXPECT_EQ(Read("2021-079T10:00:00.5", "%Y-%jT%H:%M:%S"), "1616234400.5");
  EXPECT_EQ(Read("10%20", "%H%%%M"), "37200");
  EXPECT_EQ(Read("2021-366", "%Y-%j"), "unreadable");
  EXPECT_EQ(Read("13:00 PM", "%I:%M %p"), "unreadable");
  EXPECT_EQ(Read("20/03/2021 00:22x", "%d/%m/%Y %H:%M"), "unreadable");
  EXPECT_EQ(Read("32/03/2021", "%d/%m/%Y"), "unreadable");
}

TEST(TimeFormat, TakesTheZoneForTimesThatNameNone) {
  EXPECT_EQ(Read("2010-10-03T15:15:19", "", 2), "1286111719");
  EXPECT_EQ(Read("2010-10-03T13:15:19Z", "", 2), "1286111719");
  EXPECT_EQ(Read("1286111719", "", 2), "1286111719");
}

TEST(TimeFormat, SaysWhatIsWrongWithAFormat) {
  EXPECT_EQ(Read("", "dmy"),
            "\"dmy\" is no time format; allowed: posix, posix-ms, iso, or a pattern such as "
            "\"%d/%m/%Y %H:%M\"");
  EXPECT_EQ(Read("", "%d %q").substr(0, 40), "\"%q\" is no conversion of a time format; ");
  EXPECT_EQ(Read("", "%d %").substr(0, 4), "\"%\" ");
}

// The C library's calendar as the reference.
RC_GTEST_PROP(TimeFormat, AgreesWithTimegm, ()) {
  const auto seconds = *rc::gen::inRange<std::int64_t>(-9'000'000'000, 9'000'000'000);
  const int zone_minutes = *rc::gen::inRange(-14 * 60, 14 * 60);
  const std::time_t local = seconds + zone_minutes * 60;
  std::tm parts{};
  gmtime_r(&local, &parts);
  RC_ASSERT(timegm(&parts) == local);
  const int zone = std::abs(zone_minutes);
  const std::string date =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  const std::string text =
      fmt::format("{}{}{:02}:{:02}", date, zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
  RC_ASSERT(Read(text) == std::to_string(seconds));
  RC_ASSERT(Read(text, "%Y-%m-%dT%H:%M:%S%z") == std::to_string(seconds));
}

RC_GTEST_PROP(TimeFormat, NeverGivesWhatIamatWouldRefuse, (const std::string& text)) {
  for (const char* name : {"", "iso", "posix", "posix-ms", "%Y%m%d%S", "%d%b%y%z"}) {
    const auto time = TimeFormat::Make(name)->Read(text);
    RC_ASSERT((!time || herd::wire::ParsePosixTime(*time)));
  }
}

}  // namespace
}  // namespace herd::cli
