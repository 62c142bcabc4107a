#include "flood/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "flood/message.h"
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
  ComparisonLeader leader(fleet, fleet.newest(), 0, out);
  out.clear();
  leader.Receive(Differ{.range = 1, .leaves = std::bitset<fleet::kLeaves>().set()}, At(0), out);
  leader.Receive(Want{.range = 1, .leaf = 1, .rows = {fleet::RowHash{1}}}, At(0), out);
  leader.Receive(Ranges{.digests = "00"}, out);
  EXPECT_EQ(out, "");
  EXPECT_FALSE(leader.done());
}

// The ranges that a leader asks about when all differ.
std::vector<std::size_t> RangesInOrder(std::uint64_t order) {
  fleet::Fleet fleet;
  std::string out;
  ComparisonLeader leader(fleet, fleet.newest(), order, out);
  std::string digests;
  for (std::size_t range = 0; range < fleet::kRanges; ++range) digests += "0000000000000001";
  std::vector<std::size_t> ranges;
  out.clear();
  leader.Receive(Ranges{.digests = digests}, out);
  while (!leader.done()) {
    out.pop_back();
    const std::size_t range = std::get<Leaves>(ParseMessage(out)).range;
    ranges.push_back(range);
    out.clear();
    leader.Receive(Differ{.range = range, .leaves = {}}, At(0), out);
  }
  return ranges;
}

TEST(ComparisonLeader, ComparesEveryRangeOnceInAnyOrder) {
  for (const std::uint64_t order : {0ULL, 1ULL, 63ULL, 0x9e3779b97f4a7c15ULL, ~0ULL}) {
    std::vector<std::size_t> ranges = RangesInOrder(order);
    std::ranges::sort(ranges);
    ASSERT_EQ(ranges.size(), fleet::kRanges);
    for (std::size_t range = 0; range < fleet::kRanges; ++range) EXPECT_EQ(ranges[range], range);
  }
  EXPECT_NE(RangesInOrder(7), RangesInOrder(0x9e3779b97f4a7c15ULL));
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
