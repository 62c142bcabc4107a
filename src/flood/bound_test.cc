#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "fleet/testing.h"
#include "flood/test_herd.h"

// Links to a server whose fleet has no room for all that its neighbour has.

namespace herd::flood {
namespace {

using fleet::testing::OwnedAt;
using testing::Herd;
using testing::kTiming;

constexpr int kClients = 200;
constexpr std::size_t kRoom = 48;
constexpr std::size_t kTaken = kRoom + kRoom / 8;  // of what comes over links

OwnedAt Report(int client, std::int64_t seconds, const std::string& server = "S0") {
  return {server, "c" + std::to_string(client), "+1+1", std::to_string(seconds),
          wire::UnixNanos{seconds * 1'000'000'000}};
}

class LinksAtTheBound : public ::testing::Test {
 protected:
  Herd herd_{2, {{0, 1}}, {.bounds = {{1, {.rows = kRoom}}}}};

  void LetAllReport(std::int64_t seconds) {
    for (int client = 0; client < kClients; ++client)
      herd_.at(0).Apply(Report(client, seconds).at(), fleet::kFromClient);
  }

  std::uint64_t comparisons() const { return herd_.counters(0, 0).comparisons; }

  // So many times in which comparisons are due.
  void PassIntervals(int count) {
    for (int interval = 0; interval < count; ++interval) {
      herd_.Pass(kTiming.compare_interval);
      herd_.LetTalk();
    }
  }
};

TEST_F(LinksAtTheBound, StayAndGoOnWithKnownClients) {
  herd_.Heal();
  LetAllReport(1);
  herd_.LetTalk();
  EXPECT_EQ(herd_.at(1).size(), kTaken);
  EXPECT_EQ(herd_.counters(0, 1).rows_in_full, kClients - kTaken);
  LetAllReport(2);
  herd_.LetTalk();
  EXPECT_EQ(herd_.at(1).size(), kTaken);
  int newer = 0;
  for (int client = 0; client < kClients; ++client) {
    herd_.at(1).Find("c" + std::to_string(client), [&](const fleet::Row& row) {
      if (row.at_line() == Report(client, 2).line()) ++newer;
    });
  }
  EXPECT_EQ(newer, static_cast<int>(kTaken));
}

TEST_F(LinksAtTheBound, CatchUpWithWhatThereIsRoomFor) {
  LetAllReport(1);
  herd_.Heal();
  EXPECT_EQ(herd_.at(1).size(), kTaken);
  EXPECT_TRUE(herd_.link(0, 0).caught_up());
  EXPECT_TRUE(herd_.link(0, 1).caught_up());
}

TEST_F(LinksAtTheBound, CompareMoreAndMoreSeldom) {
  LetAllReport(1);
  herd_.Heal();
  const std::uint64_t before = comparisons();
  const std::uint64_t rows_before = herd_.RowsReceived();
  PassIntervals(64);
  // After 1, 3, 7, 15, 31, 47 and 63 intervals.
  EXPECT_GE(comparisons() - before, 5U);
  EXPECT_LE(comparisons() - before, 8U);
  EXPECT_LE(herd_.RowsReceived() - rows_before, 8U * kClients);
}

TEST_F(LinksAtTheBound, CompareAsEverOnceTheyAreAlike) {
  LetAllReport(1);
  herd_.Heal();
  PassIntervals(32);
  for (const std::size_t server : {0U, 1U}) {
    herd_.at(server).SetHorizon({.rows = {std::int64_t{2'000'000'000}}});
    for (std::size_t stripe = 0; stripe < fleet::Fleet::kStripes; ++stripe)
      herd_.at(server).DropExpired(stripe);
  }
  PassIntervals(32);
  const std::uint64_t before = comparisons();
  PassIntervals(10);
  EXPECT_GE(comparisons() - before, 9U);
}

// Announced rows of clients that there is no room for are not asked for again and again.
TEST_F(LinksAtTheBound, AskForNoClientThatThereIsNoRoomFor) {
  herd_.Heal();
  for (int client = 0; client < static_cast<int>(kTaken); ++client)
    herd_.at(1).Apply(Report(1000 + client, 1).at(), fleet::kFromDisk);
  herd_.LetTalk();
  EXPECT_TRUE(herd_.at(1).full_for_neighbours());
  Topology topology("S1", {{"S1", {"S2"}}, {"S2", {"S1"}}}, {});
  topology.Up("S2");
  std::string out;
  Link link(
      herd_.at(1), topology,
      {.id = fleet::LinkId{9},
       .neighbour = "S2",
       .leads = false,
       .acknowledged = herd_.at(1).newest(),
       .timing = kTiming,
       .now = Instant{}},
      [] {}, out);
  std::string have = "HAVE ";
  fleet::Fleet theirs(Herd::kKey);
  theirs.Apply(Report(5000, 3).at(), fleet::kFromClient);
  const auto client = fleet::HashClient(Herd::kKey, "c5000");
  theirs.FindRow(client, [&](const fleet::Row& row) {
    AppendAnnounced(have, AnnouncementOf(Herd::kKey, client, row));
  });
  ASSERT_TRUE(link.Receive(have, Instant{}));
  const Instant due = Instant{} + std::chrono::milliseconds(99);
  ASSERT_TRUE(link.Tick(due, out));
  link.Flood(due, out, 100'000);
  EXPECT_EQ(link.counters().announced_in, 1U);
  EXPECT_EQ(link.counters().needed, 0U);
}

// What was missed while there was no link is no fault.
TEST(Links, CompareInTimeAfterTheyHaveCaughtUp) {
  Herd herd{2, {{0, 1}}, {}};
  for (int client = 0; client < kClients; ++client)
    herd.at(0).Apply(Report(client, 1).at(), fleet::kFromClient);
  herd.Heal();
  ASSERT_EQ(herd.at(0).digest(), herd.at(1).digest());
  const std::uint64_t before = herd.counters(0, 0).comparisons;
  herd.Pass(kTiming.compare_interval);
  herd.LetTalk();
  EXPECT_EQ(herd.counters(0, 0).comparisons, before + 1);
}

// Each takes new clients until it is full, while more are on their way from the other.
TEST(LinksBetweenFullServers, BringBothToTheSameRows) {
  constexpr std::size_t kRows = 80;
  Herd herd{2, {{0, 1}}, {.bounds = {{0, {.rows = kRows}}, {1, {.rows = kRows}}}}};
  herd.Heal();
  for (int client = 0; client < kClients; ++client) {
    const std::size_t server = client % 2 == 0 ? 0 : 1;
    herd.at(server).Apply(Report(client, 1, "S" + std::to_string(server)).at(), fleet::kFromClient);
    if (client % 6 == 0) herd.LetTalk();
  }
  herd.LetTalk();
  EXPECT_TRUE(herd.at(0).full());
  EXPECT_GT(herd.at(0).size(), kRows);
  EXPECT_EQ(herd.at(0).digest(), herd.at(1).digest());
}

}  // namespace
}  // namespace herd::flood
