#include "flood/comparison.h"

#include <gtest/gtest.h>

#include <chrono>

#include "flood/pace.h"

namespace herd::flood {
namespace {

using std::chrono::milliseconds;

Instant At(int ms) {
  return Instant(milliseconds(ms));
}

TEST(Pace, DoublesWithEachWindowWhileAnswersAreQuick) {
  Pace pace(4, 1000);
  for (int i = 0; i < 4; ++i) pace.Answered(At(0), At(1));
  EXPECT_EQ(pace.window(), 8U);
  pace.Answered(At(10), At(11), 5000);
  EXPECT_EQ(pace.window(), 1000U);
}

TEST(Pace, HalvesOnceForAllThatWaited) {
  Pace pace(4, 1000);
  pace.Answered(At(0), At(1), 96);
  EXPECT_EQ(pace.window(), 100U);
  for (int i = 0; i < 10; ++i) pace.Answered(At(2), At(50));
  EXPECT_EQ(pace.window(), 50U);
  pace.Answered(At(51), At(90));
  EXPECT_EQ(pace.window(), 25U);
  for (int time = 100; time < 1000; time += 50) pace.Answered(At(time), At(time + 40));
  EXPECT_EQ(pace.window(), 4U);
}

TEST(ComparisonLeader, IgnoresWhatItDidNotAskFor) {
  fleet::Fleet fleet;
  std::string out;
  ComparisonLeader leader(fleet, fleet.newest(), out);
  out.clear();
  leader.Receive(Differ{.range = 1, .leaves = std::bitset<fleet::kLeaves>().set()}, At(0), out);
  leader.Receive(Want{.range = 1, .leaf = 1, .rows = {fleet::RowHash{1}}}, At(0), out);
  leader.Receive(Ranges{.digests = "00"}, out);
  EXPECT_EQ(out, "");
  EXPECT_FALSE(leader.done());
}

TEST(ComparisonAnswerer, AnswersForTheRangeThatItWasAskedAboutOnly) {
  fleet::Fleet fleet;
  ComparisonAnswerer answerer(fleet);
  std::string out;
  answerer.Receive(Leaf{.range = 1, .leaf = 1, .rows = {}}, fleet.newest(), out);
  answerer.Receive(Leaves{.range = 1, .digests = "00"}, out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace herd::flood
