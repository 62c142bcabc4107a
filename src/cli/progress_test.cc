#include "cli/progress.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

namespace herd::cli {
namespace {

using Seconds = std::chrono::duration<double>;

TEST(RenderBar, ShowsLabelBarPercentageDetailAndTimeToGo) {
  EXPECT_EQ(RenderBar("importing", 0.25, "andorra.osm.pbf", Seconds(10), 100),
            "importing [======                  ]  25 %  andorra.osm.pbf  30 s to go");
}

TEST(RenderBar, IsEmptyAtTheStartAndFullAtTheEnd) {
  EXPECT_EQ(RenderBar("x", 0, "", Seconds(0), 80), "x [                        ]   0 %");
  EXPECT_EQ(RenderBar("x", 1, "", Seconds(9), 80), "x [========================] 100 %");
}

TEST(RenderBar, NeverSaysHundredBeforeTheEnd) {
  EXPECT_NE(RenderBar("x", 0.9999, "", Seconds(0), 80).find(" 99 %"), std::string::npos);
}

TEST(RenderBar, TakesFractionsOutOfRange) {
  EXPECT_EQ(RenderBar("x", -1, "", Seconds(0), 80), RenderBar("x", 0, "", Seconds(0), 80));
  EXPECT_EQ(RenderBar("x", 7, "", Seconds(0), 80), RenderBar("x", 1, "", Seconds(0), 80));
}

TEST(RenderBar, IsCutToTheTerminalBetweenCharacters) {
  EXPECT_EQ(RenderBar("importing", 0.5, "", Seconds(0), 12), "importing [=");
  EXPECT_EQ(RenderBar("éé", 0.5, "", Seconds(0), 3), "é");
}

TEST(WithThousands, GroupsDigits) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(171075), "171,075");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
}

TEST(HumanDuration, PicksTheUnit) {
  EXPECT_EQ(HumanDuration(Seconds(0.84)), "0.8 s");
  EXPECT_EQ(HumanDuration(Seconds(12)), "12 s");
  EXPECT_EQ(HumanDuration(Seconds(185)), "3 min 05 s");
  EXPECT_EQ(HumanDuration(Seconds(7620)), "2 h 07 min");
}

TEST(Progress, WritesOneLineWhereThereIsNoTerminal) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  {
    Progress progress("importing", pipe_ends[1]);
    progress.Update(0.5, "half");
    progress.UpdateCount(1, 2, "rows");
    progress.Done("2 rows");
  }
  ::close(pipe_ends[1]);
  std::string text(200, '\0');
  const ssize_t size = ::read(pipe_ends[0], text.data(), text.size());
  ::close(pipe_ends[0]);
  ASSERT_GT(size, 0);
  text.resize(static_cast<std::size_t>(size));
  EXPECT_EQ(text, "importing: 2 rows (0.0 s)\n");
}

}  // namespace
}  // namespace herd::cli
