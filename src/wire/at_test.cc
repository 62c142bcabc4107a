#include "wire/at.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace herd::wire {
namespace {

constexpr std::string_view kLine =
    "AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997";

TEST(ParseAt, ReadsEveryField) {
  const auto at = ParseAt(kLine);
  ASSERT_TRUE(at);
  EXPECT_EQ(at->server, "Goloman");
  EXPECT_EQ(at->skew_text, "+0.263873386");
  EXPECT_EQ(at->client, "kiwi.cs.ucla.edu");
  EXPECT_EQ(at->location_text, "+34.068930-118.445127");
  EXPECT_EQ(at->time_text, "1520023934.918963997");
  EXPECT_EQ(at->time, UnixNanos{1'520'023'934'918'963'997});
  EXPECT_EQ(at->receipt, UnixNanos{1'520'023'935'182'837'383});
}

TEST(ParseAt, ReadsWhatARowIsPackedFrom) {
  const auto at = ParseAt(kLine);
  ASSERT_TRUE(at);
  EXPECT_EQ(at->location, ReadIso6709("+34.068930-118.445127"));
  EXPECT_EQ(at->time_layout, ReadPosixTime("1520023934.918963997")->layout);
  const auto tombstone = ParseAt("AT Goloman +0.263873386 kiwi - 1520023934.918963997");
  ASSERT_TRUE(tombstone);
  EXPECT_EQ(tombstone->location, CompactLocation{});
  EXPECT_EQ(tombstone->time_layout, at->time_layout);
}

TEST(AppendAt, WritesBackWhatParseAtRead) {
  std::string line;
  AppendAt(line, ParseAt(kLine).value());
  EXPECT_EQ(line, kLine);
}

TEST(ParseAt, RefusesAnyOtherLine) {
  for (const char* line :
       {"", "AT", "AT ", "AT Goloman +0.263873386 kiwi +34-118",
        "AT Goloman +0.263873386 kiwi +34-118 1 1", "AT Goloman  +0.263873386 kiwi +34-118 1",
        "AT Goloman 0.263873386 kiwi +34-118 1", "AT Golo/man +0.263873386 kiwi +34-118 1",
        "AT Goloman +0.263873386 kiwi 34-118 1", "AT Goloman +0.263873386 kiwi +34-118 x",
        "AT Goloman +0.263873386 ki\twi +34-118 1", "at G +0.000000000 k +1+1 1",
        "AT Goloman +18446744073.709551615 kiwi +34-118 1",
        " AT Goloman +0.263873386 kiwi +34-118 1", "AT Goloman +0.263873386 kiwi +34-118 1 ",
        "AT Goloman +0.263873386 kiwi +34-118 1\r"}) {
    EXPECT_FALSE(ParseAt(line)) << line;
  }
}

TEST(AppendAt, WritesFieldsFromAnywhere) {
  At at = ParseAt(kLine).value();
  const std::string client = "kiwi";
  at.client = client;
  std::string line = "before ";
  AppendAt(line, at);
  EXPECT_EQ(line, "before AT Goloman +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997");
}

// Whatever white space stood between the fields of the client's line.
TEST(AppendAt, PutsOneSpaceBetweenFields) {
  for (const char* text : {"IAMAT kiwi +34-118 10.5", "IAMAT kiwi  +34-118 10.5",
                           "IAMAT kiwi +34-118\t10.5", "IAMAT kiwi\v+34-118 10.5"}) {
    std::string line;
    AppendAt(line, std::get<Iamat>(ParseCommand(text)), "Hands", UnixNanos{11'000'000'000});
    EXPECT_EQ(line, "AT Hands +0.500000000 kiwi +34-118 10.5") << text;
  }
}

RC_GTEST_PROP(AppendAt, OfAnIamatIsThatOfItsAt, (std::string out, std::int64_t receipt)) {
  const auto iamat = std::get<Iamat>(ParseCommand("IAMAT kiwi +34.5-118/ 1520023934.5"));
  std::string skew_text;
  std::string expected = out;
  const At made = MakeAt(iamat, "Hands", {receipt}, skew_text);
  AppendAt(expected, made);
  const At at = AppendAt(out, iamat, "Hands", {receipt});
  RC_ASSERT(out == expected);
  RC_ASSERT(at.skew_text == skew_text);
  RC_ASSERT(at.skew_text.data() > out.data() && at.skew_text.data() < out.data() + out.size());
  RC_ASSERT(at.server == "Hands" && at.client == "kiwi" && at.receipt == UnixNanos{receipt});
  RC_ASSERT(at.time_text == iamat.time_text && at.time == iamat.time);
  RC_ASSERT(at.location_text == iamat.location_text && at.location == iamat.location);
  RC_ASSERT(at.time_layout == iamat.time_layout);
}

// The longest of each field: what is accepted can be passed on.
TEST(ParseAt, TakesLinesOfAtMost512Bytes) {
  const std::string server(kServerIdBytesMax, 's');
  const std::string client(kClientIdBytesMax, 'c');
  const std::string location = "+1+1CRS" + std::string(kLocationTextBytesMax - 7, 'x');
  const std::string time = "-9223372036.85477580" + std::string(kTimeTextBytesMax - 20, '1');
  const std::string skew = "+18446744072.000000000";
  const std::string line = "AT " + server + " " + skew + " " + client + " " + location + " " + time;
  EXPECT_TRUE(ParseAt(line));
  EXPECT_LE(line.size(), kAtLineBytesMax);
  EXPECT_FALSE(ParseAt("AT " + server + "s +0.000000000 kiwi +1+1 1"));
  EXPECT_FALSE(ParseAt("AT Hands +0.000000000 " + client + "c +1+1 1"));
  EXPECT_FALSE(ParseAt("AT Hands +0.000000000 kiwi " + location + "x 1"));
  EXPECT_FALSE(ParseAt("AT Hands +0.000000000 kiwi +1+1 0." + std::string(39, '1')));
  EXPECT_FALSE(ParseAt("AT Hands +" + std::string(100, '0') + "0.000000000 kiwi +1+1 1"));
}

TEST(MakeAt, TakesTheSkewFromTheTimeOfReceipt) {
  const Iamat iamat{
      .client = "kiwi", .location_text = "+34-118", .time_text = "10.5", .time = {10'500'000'000}};
  std::string skew_text;
  std::string line;
  AppendAt(line, MakeAt(iamat, "Hands", UnixNanos{10'000'000'000}, skew_text));
  EXPECT_EQ(line, "AT Hands -0.500000000 kiwi +34-118 10.5");
}

TEST(MakeAt, KeepsWhatARowIsPackedFrom) {
  const auto iamat = std::get<Iamat>(ParseCommand("IAMAT kiwi +34-118 10.5"));
  std::string skew_text;
  const At at = MakeAt(iamat, "Hands", UnixNanos{10'000'000'000}, skew_text);
  EXPECT_EQ(at.location, ReadIso6709("+34-118"));
  EXPECT_EQ(at.time_layout, ReadPosixTime("10.5")->layout);
}

TEST(MakeForget, HasATimeInNineDecimalsAndNoPoint) {
  ForgetTexts texts;
  const At at = MakeForget("kiwi", "Hands", {10'500'000'000}, {11'000'000'000}, texts);
  EXPECT_EQ(at.location, CompactLocation{});
  EXPECT_EQ(at.time_layout, ReadPosixTime("10.500000000")->layout);
}

}  // namespace
}  // namespace herd::wire
