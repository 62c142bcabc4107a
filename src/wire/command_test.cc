#include "wire/command.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace herd::wire {
namespace {

bool IsInvalid(std::string_view line) {
  return std::holds_alternative<Invalid>(ParseCommand(line));
}

TEST(ParseCommand, ReadsIamat) {
  const Command command =
      ParseCommand("IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1520023934.918963997");
  const auto* iamat = std::get_if<Iamat>(&command);
  ASSERT_NE(iamat, nullptr);
  EXPECT_EQ(iamat->client, "kiwi.cs.ucla.edu");
  EXPECT_EQ(iamat->location_text, "+34.068930-118.445127");
  EXPECT_EQ(iamat->time_text, "1520023934.918963997");
  EXPECT_EQ(iamat->time, UnixNanos{1'520'023'934'918'963'997});
  EXPECT_EQ(iamat->location, ReadIso6709("+34.068930-118.445127"));
  EXPECT_EQ(iamat->time_layout, ReadPosixTime("1520023934.918963997")->layout);
}

TEST(ParseCommand, ReadsWhatsat) {
  const Command command = ParseCommand("WHATSAT kiwi 010 5");
  const auto* whatsat = std::get_if<Whatsat>(&command);
  ASSERT_NE(whatsat, nullptr);
  EXPECT_EQ(whatsat->client, "kiwi");
  EXPECT_EQ(whatsat->radius_km, 10);
  EXPECT_EQ(whatsat->results_max, 5);
}

TEST(ParseCommand, TakesAnyWhiteSpaceBetweenFields) {
  const Command command = ParseCommand(" \t\v\fIAMAT\r k\xFF\x01 \t +1+1\v0\f\r");
  const auto* iamat = std::get_if<Iamat>(&command);
  ASSERT_NE(iamat, nullptr);
  EXPECT_EQ(iamat->client, "k\xFF\x01");
}

TEST(ParseCommand, SeesBlankLines) {
  for (const char* line : {"", " ", "\t\r\f\v "}) {
    EXPECT_TRUE(std::holds_alternative<Blank>(ParseCommand(line)));
  }
}

TEST(ParseCommand, RefusesAnyOtherLine) {
  for (const char* line :
       {"WHEREIS kiwi",
        "iamat kiwi +1+1 0",
        "IAMAT",
        "IAMAT kiwi",
        "IAMAT kiwi +1+1",
        "IAMAT kiwi +1+1 0 0",
        "IAMATkiwi +1+1 0",
        "IAMAT kiwi 1+1 0",
        "IAMAT kiwi +1+1 x",
        "WHATSAT",
        "WHATSAT kiwi",
        "WHATSAT kiwi 1",
        "WHATSAT kiwi 1 1 1",
        "WHATSAT kiwi 51 1",
        "WHATSAT kiwi 1 21",
        "WHATSAT kiwi -1 1",
        "WHATSAT kiwi +1 1",
        "WHATSAT kiwi 1.0 1",
        "WHATSAT kiwi 1 1e1",
        "WHATSAT kiwi 99999999999999999999 1",
        "WhatsAt kiwi 1 1",
        "AT Goloman +0.263873386 kiwi +34.068930-118.445127 1520023934.918963997"}) {
    EXPECT_TRUE(IsInvalid(line)) << line;
  }
}

TEST(ParseCommand, HoldsTheClientIdToItsLength) {
  EXPECT_FALSE(IsInvalid("WHATSAT " + std::string(kClientIdBytesMax, 'x') + " 1 1"));
  EXPECT_TRUE(IsInvalid("WHATSAT " + std::string(kClientIdBytesMax + 1, 'x') + " 1 1"));
}

TEST(ParseCommand, KeepsNulBytesInFields) {
  const Command command = ParseCommand(std::string_view("WHATSAT a\0b 1 1", 15));
  const auto* whatsat = std::get_if<Whatsat>(&command);
  ASSERT_NE(whatsat, nullptr);
  EXPECT_EQ(whatsat->client, std::string_view("a\0b", 3));
}

RC_GTEST_PROP(ParseCommand, NeverLooksPastTheLine, (std::string line)) {
  const Command command = ParseCommand(line);
  if (const auto* iamat = std::get_if<Iamat>(&command)) {
    RC_ASSERT(iamat->client.data() >= line.data());
    RC_ASSERT(iamat->time_text.data() + iamat->time_text.size() <= line.data() + line.size());
  }
}

TEST(WithoutCr, CutsOneCr) {
  EXPECT_EQ(WithoutCr("a\r"), "a");
  EXPECT_EQ(WithoutCr("a\r\r"), "a\r");
  EXPECT_EQ(WithoutCr("\ra"), "\ra");
  EXPECT_EQ(WithoutCr(""), "");
}

}  // namespace
}  // namespace herd::wire
