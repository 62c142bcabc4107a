#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/csv_parser.h"
#include "cli/rows.h"
#include "cli/shared_data.h"

namespace herd::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Records = std::vector<std::vector<std::string>>;

std::expected<Records, std::string> Parse(const std::string& text, char delimiter = '\0') {
  std::istringstream in(text);
  CsvParser parser(in, delimiter);
  Records records;
  std::vector<std::string> fields;
  while (true) {
    const auto more = parser.Next(fields);
    if (!more) return std::unexpected(more.error());
    if (!*more) return records;
    records.push_back(fields);
  }
}

TEST(CsvParser, ReadsQuotesLineEndsAndByteOrderMarks) {
  EXPECT_EQ(*Parse("\xEF\xBB\xBF"
                   "a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n,\n\"\",q"),
            (Records{{"a", "b"}, {"1", "x, \"y\"\nz"}, {"", ""}, {"", "q"}}));
  EXPECT_EQ(*Parse("\xEF\xBB\xBF\"a\";b\n"), (Records{{"a", "b"}}));
  EXPECT_TRUE(Parse("")->empty());
  EXPECT_TRUE(Parse("\r\n\n")->empty());
}

TEST(CsvParser, FindsTheDelimiter) {
  EXPECT_EQ(*Parse("X;Y;\"a,b,c,d\"\n"), (Records{{"X", "Y", "a,b,c,d"}}));
  EXPECT_EQ(*Parse("X\tY,y\tZ\n"), (Records{{"X", "Y,y", "Z"}}));
  EXPECT_EQ(*Parse("X;Y\n", ','), (Records{{"X;Y"}}));
}

TEST(CsvParser, NamesTheLineOfAFault) {
  EXPECT_EQ(Parse("a\nb\n\"c\n\n").error(), "line 3: a quote is not closed");
  EXPECT_EQ(Parse("a,b\n\"c\"d,e\n").error(), "line 2: text behind a closing quote");
  EXPECT_THAT(Parse("a\n" + std::string(1'100'000, 'x')).error(), HasSubstr("line 2: longer than"));
}

RC_GTEST_PROP(CsvParser, ReadsBackWhatIsQuoted,
              (const std::vector<std::vector<std::string>>& records)) {
  std::string text;
  Records expected;
  for (const auto& fields : records) {
    if (fields.empty()) continue;
    expected.push_back(fields);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : fields[i]) text += c == '"' ? "\"\"" : std::string(1, c);
      text += '"';
    }
    text += "\r\n";
  }
  RC_ASSERT(Parse(text, ',').value() == expected);
}

std::expected<CsvRows, std::string> Read(const std::string& text, const CsvOptions& options = {},
                                         const std::string& format = "") {
  std::istringstream in(text);
  return ReadCsv(in, options, *TimeFormat::Make(format));
}

std::vector<std::string> Lines(const Rows& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows.rows) lines.push_back(row.mover + " " + row.location + " " + row.time);
  return lines;
}

TEST(ReadCsv, KnowsTheUsualNames) {
  const auto rows = Read("Time;Lng;LAT ;Name\n5;10.5;-1;kiwi\n");
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(Lines(rows->rows), ElementsAre("kiwi -1+10.5 5"));
  EXPECT_EQ(rows->columns, "ID: Name, latitude: LAT , longitude: Lng, time: Time");
}

TEST(ReadCsv, PrefersTheTrackerToRowNumbers) {
  const auto rows = Read("X;Y;fid;id;tracker;t\n116.39;39.89;1;1;19;2008-12-11 04:42:14+00\n");
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(Lines(rows->rows), ElementsAre("19 +39.89+116.39 1228970534"));
}

TEST(ReadCsv, TakesColumnsByNameAndNumber) {
  const auto rows =
      Read("a,b,c,d\n1,2,3,4\n",
           {.id_column = "D", .lat_column = "1", .lon_column = "b", .time_column = "c"});
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(Lines(rows->rows), ElementsAre("4 +1+2 3"));
}

TEST(ReadCsv, NeedsNoHeaderWhenColumnsAreNumbers) {
  const CsvOptions options{
      .id_column = "4", .lat_column = "1", .lon_column = "2", .time_column = "3"};
  EXPECT_THAT(Lines(Read("1,2,3,4\n5,6,7,8\n", options)->rows),
              ElementsAre("4 +1+2 3", "8 +5+6 7"));
  EXPECT_THAT(Lines(Read("a,b,c,d\n5,6,7,8\n", options)->rows), ElementsAre("8 +5+6 7"));
}

TEST(ReadCsv, GivesOneMoverToAllRows) {
  EXPECT_THAT(Lines(Read("lat,lon,time\n1,2,3\n", {.mover = "me"})->rows),
              ElementsAre("me +1+2 3"));
}

TEST(ReadCsv, SaysWhichOptionWouldHelp) {
  EXPECT_EQ(Read("").error(), "the file is empty");
  EXPECT_EQ(Read("a,lon,time,id\n").error(),
            "latitude: no column has a usual name; say which with --lat-column (there are: a, lon, "
            "time, id)");
  EXPECT_EQ(Read("lat,lon,time,who\n").error(),
            "ID: no column has a usual name; say which with --id-column (there are: lat, lon, "
            "time, who), or give "
            "--id for all rows");
  EXPECT_THAT(Read("lat,lon,id\n").error(), HasSubstr("--time-column"));
  EXPECT_THAT(Read("\x1b\xff,lon,time,id\n").error(), HasSubstr("(there are: \\x1b\\xff, lon,"));
  EXPECT_THAT(Read("lat,lat,lon,id\n").error(), HasSubstr("the column \"lat\" stands 2 times"));
  EXPECT_THAT(Read("lat,lon,id,time\n", {.id_column = "tiem"}).error(),
              HasSubstr("did you mean \"time\"?"));
  EXPECT_THAT(Read("lat,lon,id,time\n", {.id_column = "9"}).error(),
              HasSubstr("there is no column 9; there are 4"));
  EXPECT_THAT(Read("id,lat,lon,time\n1,2,3,20/03/2021 00:22\n").error(),
              testing::AllOf(HasSubstr("line 2: "), HasSubstr("--time-format")));
}

TEST(ReadCsv, LeavesOutRowsAndSaysWhy) {
  const auto rows = Read(
      "id,lat,lon,time\n1,91,0,0\n1,0,200,0\n1,0,0,\n1,0\n1,0,0,soon\n1,0,0,99999999999\n1,1,1,"
      "1\n1,95,0,0\n");
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(rows->rows.rows.size(), 1U);
  const auto& left = rows->rows.left_out;
  EXPECT_EQ(left.size(), 6U);
  EXPECT_EQ(left.at("no latitude in degrees").count, 2U);
  EXPECT_EQ(left.at("no latitude in degrees").first_line, 2U);
  EXPECT_EQ(left.at("no latitude in degrees").example, "91");
  EXPECT_EQ(left.at("no longitude in degrees").first_line, 3U);
  EXPECT_EQ(left.at("no time").first_line, 4U);
  EXPECT_EQ(left.at("too few fields").first_line, 5U);
}

TEST(ReadCsv, KeepsUntimedRowsWhenAsked) {
  EXPECT_THAT(Lines(Read("id,lat,lon,time\n1,0,0,\n", {.keep_untimed = true})->rows),
              ElementsAre("1 +0+0 "));
  EXPECT_THAT(Lines(Read("id,lat,lon\n1,0,0\n", {.keep_untimed = true})->rows),
              ElementsAre("1 +0+0 "));
}

std::size_t Movers(const Rows& rows) {
  std::set<std::string> movers;
  for (const Row& row : rows.rows) movers.insert(row.mover);
  return movers.size();
}

TEST(RealData, ShipsInTheSuezCanal) {
  std::ifstream in(SharedData() / "ais-suez-2021.csv");
  if (!in) GTEST_SKIP() << "no shared data";
  const auto rows = ReadCsv(in, {}, *TimeFormat::Make("%d/%m/%Y %H:%M"));
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(rows->rows.rows.size(), 22'287U);
  EXPECT_TRUE(rows->rows.left_out.empty());
  EXPECT_EQ(Movers(rows->rows), 256U);
  EXPECT_EQ(Lines(rows->rows).front(), "1 +31.4386+32.32925 1616199720");
}

TEST(RealData, PeopleInBeijing) {
  std::ifstream in(SharedData() / "geolife-beijing.csv");
  if (!in) GTEST_SKIP() << "no shared data";
  const auto rows = ReadCsv(in, {}, *TimeFormat::Make(""));
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(rows->rows.rows.size(), 5'908U);
  EXPECT_TRUE(rows->rows.left_out.empty());
  EXPECT_EQ(Movers(rows->rows), 3U);
  EXPECT_EQ(Lines(rows->rows).front(), "19 +39.898573+116.391305 1228970534");
}

}  // namespace
}  // namespace herd::cli
