#include "fleet/follower.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::AnyReport;
using testing::NumbersOfOneStripe;
using testing::OwnedAt;

// Received at the client's own time, so that a later time wins.
OwnedAt Report(int client, int time) {
  return {"Hands", std::to_string(client), "+1+1", std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

std::multiset<std::string> ReadAll(Follower& follower) {
  std::multiset<std::string> lines;
  follower.Read([&](const Row& row) {
    lines.emplace(row.at_line());
    return true;
  });
  return lines;
}

TEST(Follower, ReadsOnlyWhatChangesAfterItsStart) {
  Fleet fleet;
  fleet.Apply(Report(1, 1).at(), kFromClient);
  Follower follower(fleet, [] {});
  EXPECT_FALSE(follower.pending());
  fleet.Apply(Report(2, 1).at(), kFromClient);
  EXPECT_TRUE(follower.pending());
  EXPECT_EQ(ReadAll(follower), (std::multiset{Report(2, 1).line()}));
  EXPECT_FALSE(follower.pending());
  EXPECT_TRUE(ReadAll(follower).empty());
}

TEST(Follower, SkipsToTheNewestRow) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  for (int time = 0; time < 1000; ++time) fleet.Apply(Report(1, time % 10).at(), kFromClient);
  EXPECT_EQ(ReadAll(follower), (std::multiset{Report(1, 9).line()}));
}

TEST(Follower, KnowsHowFarItLagsBehind) {
  Fleet fleet;
  fleet.Apply(Report(1, 1).at(), kFromClient);
  Follower follower(fleet, [] {});
  EXPECT_EQ(follower.lag(), 0U);
  for (int client = 0; client < 500; ++client) fleet.Apply(Report(client, 2).at(), kFromClient);
  EXPECT_EQ(follower.lag(), 500U);
  // Never more than there are rows, however often they change.
  for (int time = 3; time < 20; ++time) {
    for (int client = 0; client < 500; ++client) {
      fleet.Apply(Report(client, time).at(), kFromClient);
    }
  }
  EXPECT_EQ(follower.lag(), 500U);
  int left = 100;
  follower.Read([&](const Row&) { return --left > 0; });
  EXPECT_EQ(follower.lag(), 400U);
  ReadAll(follower);
  EXPECT_EQ(follower.lag(), 0U);
}

TEST(Follower, IsWokenOnceUntilItReads) {
  Fleet fleet;
  int wakes = 0;
  Follower follower(fleet, [&] { ++wakes; });
  for (int client = 0; client < 100; ++client) fleet.Apply(Report(client, 1).at(), kFromClient);
  EXPECT_EQ(wakes, 1);
  ReadAll(follower);
  fleet.Apply(Report(1, 2).at(), kFromClient);
  EXPECT_EQ(wakes, 2);
}

TEST(Follower, GoesOnBehindTheRowItStoppedAt) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  std::multiset<std::string> expected;
  for (int client = 0; client < 500; ++client) {
    fleet.Apply(Report(client, 1).at(), kFromClient);
    expected.insert(Report(client, 1).line());
  }
  std::multiset<std::string> lines;
  int reads = 0;
  while (follower.pending()) {
    ++reads;
    follower.Read([&](const Row& row) {
      lines.emplace(row.at_line());
      return lines.size() % 7 != 0;
    });
  }
  EXPECT_EQ(lines, expected);
  EXPECT_GE(reads, 500 / 7);
}

TEST(Follower, IsNotCompleteWhereARowChangedAgainBehindItsCursor) {
  Fleet fleet;
  const std::vector<int> clients = NumbersOfOneStripe("", 3);
  Follower follower(fleet, [] {});
  fleet.Apply(Report(clients[0], 1).at(), kFromClient);
  const ChangeNumber target = fleet.newest()[0];
  fleet.Apply(Report(clients[1], 1).at(), kFromClient);
  fleet.Apply(Report(clients[2], 1).at(), kFromClient);
  fleet.Apply(Report(clients[0], 2).at(), kFromClient);
  follower.Read([](const Row&) { return false; });
  EXPECT_GE(follower.cursors()[0], target);
  EXPECT_LT(follower.complete()[0], target);
  ReadAll(follower);
  EXPECT_EQ(follower.complete(), fleet.newest());
}

TEST(Follower, ReadsAgainFromWhereItIsRewoundTo) {
  Fleet fleet;
  fleet.Apply(Report(1, 1).at(), kFromClient);
  Follower follower(fleet, [] {});
  const Cursors start = follower.cursors();
  fleet.Apply(Report(2, 1).at(), kFromClient);
  ReadAll(follower);
  follower.Rewind(start);
  EXPECT_TRUE(follower.pending());
  EXPECT_EQ(ReadAll(follower), (std::multiset{Report(2, 1).line()}));
  EXPECT_FALSE(follower.pending());
  follower.Rewind({});
  EXPECT_EQ(ReadAll(follower), (std::multiset{Report(1, 1).line(), Report(2, 1).line()}));
}

// Whoever keeps what it read has, of every change that is complete, that row or a newer one;
// however little it reads at a time, and when it must go back.
RC_GTEST_PROP(Follower, HasReadWhatIsComplete, ()) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  const std::vector<int> clients = NumbersOfOneStripe("", 4);
  std::vector<std::size_t> changes;         // clients, by number of the change and by time
  std::map<std::string, std::size_t> seen;  // times by client
  Cursors kept = follower.cursors();
  std::map<std::string, std::size_t> kept_seen;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, std::size_t>>>(
      rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange<std::size_t>(0, 4)));
  for (const auto& [kind, client] : steps) {
    if (kind < 6) {
      changes.push_back(client);
      fleet.Apply(Report(clients[client], static_cast<int>(changes.size())).at(), kFromClient);
    } else if (kind < 8) {
      follower.Read([&](const Row& row) {
        seen[std::string(row.client())] = std::to_underlying(row.change());
        return false;
      });
    } else if (kind == 8) {
      kept = follower.cursors();
      kept_seen = seen;
    } else {
      follower.Rewind(kept);
      seen = kept_seen;
    }
    for (std::size_t time = 1; time <= std::to_underlying(follower.complete()[0]); ++time)
      RC_ASSERT(seen[std::to_string(clients[changes[time - 1]])] >= time);
  }
  while (follower.pending()) follower.Read([](const Row&) { return false; });
  RC_ASSERT(follower.complete() == fleet.newest());
}

RC_GTEST_PROP(Follower, EndsWithTheFleetHoweverReadsAndChangesMix, ()) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  std::map<std::string, std::string> seen;
  const auto read = [&](int rows) {
    follower.Read([&](const Row& row) {
      seen[std::string(row.client())] = row.at_line();
      return --rows > 0;
    });
  };
  const auto steps = *rc::gen::container<std::vector<std::pair<OwnedAt, int>>>(
      rc::gen::pair(AnyReport(), rc::gen::inRange(0, 4)));
  for (const auto& [report, rows] : steps) {
    fleet.Apply(report.at(), kFromClient);
    if (rows > 0) read(rows);
  }
  while (follower.pending()) read(2);
  RC_ASSERT(seen.size() == fleet.size());
  for (const auto& [client, line] : seen) {
    fleet.Find(client, [&](const Row& row) { RC_ASSERT(row.at_line() == line); });
  }
}

TEST(FollowerThreads, LoseNothingAndAreAlwaysWoken) {
  Fleet fleet;
  std::atomic<int> wakes = 0;
  Follower follower(fleet, [&] {
    ++wakes;
    wakes.notify_one();
  });
  constexpr int kClients = 50;
  constexpr int kTimes = 400;
  std::map<std::string, std::string> seen;
  std::jthread reader([&] {
    const auto done = [&] {
      for (int client = 0; client < kClients; ++client) {
        if (seen[std::to_string(client)] != Report(client, kTimes).line()) return false;
      }
      return true;
    };
    int handled = 0;
    while (!done()) {
      wakes.wait(handled);
      handled = wakes;
      follower.Read([&](const Row& row) {
        seen[std::string(row.client())] = row.at_line();
        return true;
      });
    }
  });
  const auto write = [&](int first) {
    for (int time = 1; time <= kTimes; ++time) {
      for (int client = first; client < kClients; client += 2) {
        fleet.Apply(Report(client, time).at(), kFromClient);
      }
    }
  };
  std::jthread even([&] { write(0); });
  std::jthread odd([&] { write(1); });
  even.join();
  odd.join();
  reader.join();
  SUCCEED();
}

}  // namespace
}  // namespace herd::fleet
