#include "flood/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fleet/testing.h"
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

constexpr std::size_t kPlenty = 10'000'000;

std::string Said(ComparisonLeader& leader, std::size_t bytes_max = kPlenty) {
  std::string out;
  leader.Send(At(0), out, bytes_max);
  return out;
}

std::string Said(ComparisonAnswerer& answerer, const fleet::Fleet& fleet,
                 std::size_t bytes_max = kPlenty) {
  std::string out;
  answerer.Send(fleet.newest(), out, bytes_max);
  return out;
}

std::size_t LinesIn(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

template <typename Digests>
std::string AllDifferent() {
  std::string digests;
  for (std::size_t i = 0; i < Digests{}.size(); ++i) digests += "0000000000000001";
  return digests;
}

const std::bitset<fleet::kLeaves> kAllLeaves = std::bitset<fleet::kLeaves>().set();

void Fill(fleet::Fleet& fleet, int clients) {
  for (int client = 0; client < clients; ++client) {
    const fleet::testing::OwnedAt report("Goloman", std::to_string(client), "+1+1", "5",
                                         wire::UnixNanos{5'000'000'000});
    fleet.Apply(report.at(), fleet::kFromClient);
  }
}

TEST(ComparisonLeader, IgnoresWhatItDidNotAskFor) {
  fleet::Fleet fleet;
  ComparisonLeader leader(fleet, fleet.newest(), 0);
  const std::string digests = AllDifferent<fleet::RangeDigests>();
  EXPECT_FALSE(leader.Receive(Ranges{.digests = digests}));  // not asked for yet
  EXPECT_TRUE(Said(leader).starts_with("RANGES "));
  EXPECT_FALSE(leader.Receive(Differ{.range = 1, .leaves = kAllLeaves}));
  EXPECT_FALSE(leader.Receive(Want{.range = 1, .leaf = 1, .rows = {fleet::RowHash{1}}}, At(0)));
  EXPECT_FALSE(leader.Receive(Ranges{.digests = "00"}));
  EXPECT_FALSE(leader.pending());
  EXPECT_TRUE(leader.Receive(Ranges{.digests = digests}));
  EXPECT_FALSE(leader.Receive(Ranges{.digests = digests}));
  EXPECT_TRUE(Said(leader).starts_with("LEAVES 0 "));
  EXPECT_TRUE(leader.Receive(Differ{.range = 0, .leaves = kAllLeaves}));
  EXPECT_FALSE(leader.Receive(Differ{.range = 0, .leaves = kAllLeaves}));
  EXPECT_TRUE(Said(leader).starts_with("LEAF 0 0 "));
  EXPECT_TRUE(leader.Receive(Want{.range = 0, .leaf = 1, .rows = {}}, At(0)));
  EXPECT_FALSE(leader.Receive(Want{.range = 0, .leaf = 1, .rows = {}}, At(0)));
  EXPECT_FALSE(leader.done());
}

// The ranges that a leader asks about when all differ.
std::vector<std::size_t> RangesInOrder(std::uint64_t order) {
  fleet::Fleet fleet;
  ComparisonLeader leader(fleet, fleet.newest(), order);
  std::vector<std::size_t> ranges;
  Said(leader);
  const std::string digests = AllDifferent<fleet::RangeDigests>();
  EXPECT_TRUE(leader.Receive(Ranges{.digests = digests}));
  std::string out = Said(leader);
  while (!leader.done()) {
    EXPECT_EQ(LinesIn(out), 1U);
    out.pop_back();
    const std::size_t range = std::get<Leaves>(ParseMessage(out)).range;
    ranges.push_back(range);
    EXPECT_TRUE(leader.Receive(Differ{.range = range, .leaves = {}}));
    out = Said(leader);
  }
  EXPECT_EQ(out, "COMPARED\n");
  return ranges;
}

TEST(ComparisonLeader, SaysNoMoreThanThereIsRoomFor) {
  fleet::Fleet fleet;
  Fill(fleet, 200'000);
  ComparisonLeader leader(fleet, fleet.newest(), 0);
  Said(leader);
  const std::string digests = AllDifferent<fleet::RangeDigests>();
  ASSERT_TRUE(leader.Receive(Ranges{.digests = digests}));
  Said(leader);
  ASSERT_TRUE(leader.Receive(Differ{.range = 0, .leaves = kAllLeaves}));
  const std::string asked = Said(leader, 500);
  EXPECT_LT(asked.size(), 1500U);
  EXPECT_TRUE(leader.pending());
  EXPECT_EQ(LinesIn(asked) + LinesIn(Said(leader)), 32U);
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

// One that has been asked about all leaves of range 0, each of which differs.
struct Asked {
  fleet::Fleet fleet;
  ComparisonAnswerer answerer{fleet};

  explicit Asked(int clients) {
    Fill(fleet, clients);
    const std::string ranges = AllDifferent<fleet::RangeDigests>();
    EXPECT_TRUE(answerer.Receive(Ranges{.digests = ranges}));
    EXPECT_TRUE(Said(answerer, fleet).starts_with("RANGES "));
    EXPECT_TRUE(Ask(0));
    EXPECT_TRUE(Said(answerer, fleet).starts_with("DIFFER 0 "));
  }

  bool Ask(std::size_t range) {
    const std::string leaves = AllDifferent<fleet::LeafDigests>();
    return answerer.Receive(Leaves{.range = range, .digests = leaves});
  }
  bool AskLeaf(std::size_t leaf, std::vector<fleet::RowHash> rows = {}) {
    return answerer.Receive(Leaf{.range = 0, .leaf = leaf, .rows = std::move(rows)},
                            fleet.newest());
  }
};

TEST(ComparisonAnswerer, AnswersOnlyWithinAComparison) {
  fleet::Fleet fleet;
  ComparisonAnswerer answerer(fleet);
  const std::string leaves = AllDifferent<fleet::LeafDigests>();
  EXPECT_FALSE(answerer.Receive(Leaf{.range = 1, .leaf = 1, .rows = {}}, fleet.newest()));
  EXPECT_FALSE(answerer.Receive(Leaves{.range = 1, .digests = leaves}));
  EXPECT_FALSE(answerer.End());
  EXPECT_FALSE(answerer.pending());
}

TEST(ComparisonAnswerer, DoesNotAnswerDigestsThatItCannotRead) {
  Asked asked(0);
  EXPECT_FALSE(asked.answerer.Receive(Leaves{.range = 1, .digests = "00"}));
  fleet::Fleet fleet;
  ComparisonAnswerer answerer(fleet);
  EXPECT_FALSE(answerer.Receive(Ranges{.digests = "x"}));
  EXPECT_FALSE(answerer.pending());
}

// Or the link would never be read again.
TEST(ComparisonAnswerer, IsNotFullOnceItHasSaidWhatItHeld) {
  Asked asked(100'000);
  for (int comparison = 0; comparison < 60; ++comparison) {
    for (std::size_t leaf = 0; leaf < fleet::kLeaves; ++leaf) ASSERT_TRUE(asked.AskLeaf(leaf));
    Said(asked.answerer, asked.fleet);
    ASSERT_FALSE(asked.answerer.full()) << "after " << comparison;
    ASSERT_TRUE(asked.answerer.End());
    ASSERT_TRUE(asked.answerer.Receive(Ranges{.digests = AllDifferent<fleet::RangeDigests>()}));
    Said(asked.answerer, asked.fleet);
    ASSERT_TRUE(asked.Ask(0));
    Said(asked.answerer, asked.fleet);
  }
}

TEST(ComparisonAnswerer, AnswersForEachRangeAndEachLeafOnce) {
  Asked asked(100'000);
  EXPECT_FALSE(asked.Ask(0));
  EXPECT_TRUE(asked.AskLeaf(5));
  EXPECT_FALSE(asked.AskLeaf(5));
  EXPECT_FALSE(asked.Ask(1)) << "what was asked for before is to be said first";
  EXPECT_FALSE(asked.answerer.End());
  EXPECT_NE(Said(asked.answerer, asked.fleet), "");
  EXPECT_FALSE(asked.AskLeaf(5));
  EXPECT_TRUE(asked.Ask(1));
  EXPECT_FALSE(asked.AskLeaf(6)) << "a leaf of the range before";
  Said(asked.answerer, asked.fleet);
  const std::string ranges = AllDifferent<fleet::RangeDigests>();
  EXPECT_FALSE(asked.answerer.Receive(Ranges{.digests = ranges})) << "one comparison at a time";
  EXPECT_TRUE(asked.answerer.End());
  EXPECT_TRUE(asked.answerer.Receive(Ranges{.digests = ranges}));
}

TEST(ComparisonAnswerer, SaysNoMoreThanThereIsRoomFor) {
  Asked asked(500'000);
  for (std::size_t leaf = 0; leaf < fleet::kLeaves; ++leaf) ASSERT_TRUE(asked.AskLeaf(leaf));
  std::string all;
  while (asked.answerer.pending()) {
    const std::string said = Said(asked.answerer, asked.fleet, 1000);
    EXPECT_LT(said.size(), 1100U);
    all += said;
  }
  EXPECT_EQ(LinesIn(all), asked.fleet.ClientsIn(0, kAllLeaves).size() + fleet::kLeaves);
}

TEST(ComparisonAnswerer, IsFullUntilItHasSaidSome) {
  Asked asked(0);
  std::size_t leaf = 0;
  for (; !asked.answerer.full(); ++leaf) {
    std::vector<fleet::RowHash> rows;
    for (std::uint64_t row = 0; row < 4096; ++row) rows.push_back(fleet::RowHash{row});
    ASSERT_TRUE(asked.AskLeaf(leaf, std::move(rows)));
  }
  EXPECT_EQ(leaf, 17U);
  Said(asked.answerer, asked.fleet, 1);
  EXPECT_FALSE(asked.answerer.full());
}

}  // namespace
}  // namespace herd::flood
