#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/rows.h"
#include "cli/shared_data.h"

namespace herd::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::expected<Rows, std::string> Read(const std::string& text,
                                      const GpxOptions& options = {.mover = "walk"}) {
  std::istringstream in(text);
  return ReadGpx(in, options);
}

std::vector<std::string> Lines(const Rows& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows.rows) lines.push_back(row.mover + " " + row.location + " " + row.time);
  return lines;
}

constexpr const char* kFile = R"(<?xml version="1.0"?>
<g:gpx version="1.1" xmlns:g="http://www.topografix.com/GPX/1/1">
 <g:metadata><g:time>2000-01-01T00:00:00Z</g:time></g:metadata>
 <g:wpt lat="1" lon="2"><g:time>2000-01-01T00:00:00Z</g:time></g:wpt>
 <g:rte><g:rtept lat="1" lon="2"/></g:rte>
 <g:trk><g:name>first one</g:name>
  <g:trkseg/>
  <g:trkseg>
   <g:trkpt lat="45.380600095" lon="14.14"><g:ele>7</g:ele><g:time> 2010-10-03T13:15:19.5Z </g:time></g:trkpt>
   <g:trkpt lat="-.5" lon="14.14"><g:extensions><g:x><g:time>2010-10-03T13:15:19Z</g:time></g:x></g:extensions></g:trkpt>
   <g:trkpt lon="14.14"><g:time>2010-10-03T13:15:19Z</g:time></g:trkpt>
   <g:trkpt lat="1" lon="1"><g:time>yesterday</g:time></g:trkpt>
  </g:trkseg>
 </g:trk>
 <g:trk><g:trkseg>
  <g:trkpt lat="2" lon="3"><g:name>a point</g:name><g:time>2010-10-03T13:15:20Z</g:time></g:trkpt>
 </g:trkseg><g:name>sec&amp;ond</g:name></g:trk>
 <g:trk><g:trkseg><g:trkpt lat="4" lon="5"><g:time>2010-10-03T13:15:21Z</g:time></g:trkpt></g:trkseg></g:trk>
</g:gpx>)";

TEST(ReadGpx, MakesRowsOfTrackPointsWithATime) {
  const auto rows = Read(kFile);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(Lines(*rows), ElementsAre("walk +45.380600095+14.14 1286111719.5",
                                        "walk +2+3 1286111720", "walk +4+5 1286111721"));
  EXPECT_EQ(rows->left_out.size(), 5U);
  EXPECT_EQ(rows->left_out.at("no time").first_line, 10U);
  EXPECT_EQ(rows->left_out.at("no latitude in degrees").count, 1U);
  EXPECT_EQ(rows->left_out.at("a time that cannot be read").example, "yesterday");
  EXPECT_EQ(rows->left_out.at("waypoints are places, not positions of a mover").count, 1U);
  EXPECT_EQ(rows->left_out.at("route points are plans, not positions of a mover").count, 1U);
}

TEST(ReadGpx, NamesMoversByTrack) {
  const auto rows = Read(kFile, {.mover = "walk", .by_track = true, .keep_untimed = true});
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(Lines(*rows),
              ElementsAre("first one +45.380600095+14.14 1286111719.5", "first one -0.5+14.14 ",
                          "sec&ond +2+3 1286111720", "walk +4+5 1286111721"));
}

TEST(ReadGpx, SaysWhereAFileBreaksOff) {
  EXPECT_EQ(Read("<gpx>\n<trk>\n").error(), "line 3: not XML: no element found");
  EXPECT_EQ(Read("<gpx>\n</trk>").error(), "line 2: not XML: mismatched tag");
  EXPECT_EQ(Read("<kml></kml>").error(), "not a GPX file: it is <kml>");
  EXPECT_THAT(Read("").error(), HasSubstr("not XML"));
}

TEST(ReadGpx, IsNotBlownUpByEntities) {
  std::string text =
      "<!DOCTYPE gpx [<!ENTITY a0 \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">";
  for (int i = 1; i < 12; ++i) {
    text += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) text += "&a" + std::to_string(i - 1) + ";";
    text += "\">";
  }
  EXPECT_THAT(Read(text + "]><gpx><trk><name>&a11;</name></trk></gpx>").error(),
              HasSubstr("amplification"));
}

TEST(RealData, AWalkInCroatia) {
  std::ifstream in(SharedData() / "korita-zbevnica.gpx");
  if (!in) GTEST_SKIP() << "no shared data";
  const auto rows = ReadGpx(in, {.mover = "korita-zbevnica"});
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(rows->rows.size(), 513U);
  EXPECT_EQ(rows->left_out.at("no time").count, 358U);
}

}  // namespace
}  // namespace herd::cli
