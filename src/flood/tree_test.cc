// How often a report comes to each server, and how late when something breaks.

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "fleet/testing.h"
#include "flood/test_herd.h"

namespace herd::flood {
namespace {

using fleet::testing::OwnedAt;
using std::chrono::milliseconds;
using testing::Herd;
using testing::kFive;
using testing::kTiming;

OwnedAt Report(const std::string& client, int time) {
  return {"Goloman", client, "+1+1", std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

// Every server once with 3 to 5 links, joined.
std::vector<Herd::Pair> Fifty(unsigned seed) {
  std::minstd_rand random(seed);
  constexpr std::size_t kServers = 50;
  std::vector<std::size_t> links(kServers);
  std::set<Herd::Pair> pairs;
  const auto join = [&](std::size_t a, std::size_t b) {
    if (a == b || links[a] == 5 || links[b] == 5) return;
    if (!pairs.insert({std::min(a, b), std::max(a, b)}).second) return;
    ++links[a];
    ++links[b];
  };
  for (std::size_t i = 1; i < kServers; ++i) join(i - 1, i);
  for (std::size_t i = 0; i < kServers; ++i) {
    while (links[i] < 3) join(i, random() % kServers);
  }
  return {pairs.begin(), pairs.end()};
}

// Rows received, by whatever message, for each report and server other than its own.
double CopiesPerReport(Herd& herd, std::size_t servers, int reports) {
  const std::uint64_t before = herd.RowsReceived();
  for (int i = 0; i < reports; ++i) {
    herd.at(static_cast<std::size_t>(i) % servers)
        .Apply(Report("c" + std::to_string(i % 100), i).at(), fleet::kFromClient);
    herd.Pass(milliseconds(7));
    herd.LetTalk();
  }
  herd.Pass(kTiming.heartbeat);
  herd.LetTalk();
  return static_cast<double>(herd.RowsReceived() - before) / static_cast<double>(reports) /
         static_cast<double>(servers - 1);
}

TEST(Tree, BringsEachReportOnceToEachOfFive) {
  Herd herd(5, kFive);
  herd.Heal();
  EXPECT_LE(CopiesPerReport(herd, 5, 500), 1.01);
  herd.ExpectAlike();
}

TEST(Tree, BringsEachReportOnceToEachOfFifty) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    Herd herd(50, Fifty(seed));
    herd.Heal();
    EXPECT_LE(CopiesPerReport(herd, 50, 100), 1.01) << "seed " << seed;
    herd.ExpectAlike();
  }
}

// A link dies without a word, so that nobody knows of it yet: whoever has another way still hears
// of each report within a heartbeat.
TEST(Tree, BringsAReportRoundASilentLinkWithinAHeartbeat) {
  for (std::size_t dead = 0; dead < kFive.size(); ++dead) {
    if (kFive[dead].second == 3) continue;  // Welsh has this link only
    Herd herd(5, kFive);
    herd.Heal();
    herd.Silence(dead);
    for (std::size_t server = 0; server < 5; ++server) {
      const OwnedAt report = Report("c" + std::to_string(server), 1);
      herd.at(server).Apply(report.at(), fleet::kFromClient);
    }
    for (milliseconds passed{0}; passed < kTiming.heartbeat; passed += milliseconds(1)) {
      herd.Talk();
    }
    for (std::size_t server = 0; server < 5; ++server) {
      EXPECT_EQ(herd.at(server).size(), 5U) << "link " << dead << ", server " << server;
    }
  }
}

// The same for a server that stops without a word.
TEST(Tree, BringsAReportRoundASilentServerWithinAHeartbeat) {
  for (const std::size_t dead : {0U, 1U, 3U, 4U}) {  // without Holiday Welsh is alone
    Herd herd(5, kFive);
    herd.Heal();
    for (std::size_t wire = 0; wire < kFive.size(); ++wire) {
      if (kFive[wire].first == dead || kFive[wire].second == dead) herd.Silence(wire);
    }
    for (std::size_t server = 0; server < 5; ++server) {
      if (server == dead) continue;
      herd.at(server).Apply(Report("c" + std::to_string(server), 1).at(), fleet::kFromClient);
    }
    for (milliseconds passed{0}; passed < kTiming.heartbeat; passed += milliseconds(1)) {
      herd.Talk();
    }
    for (std::size_t server = 0; server < 5; ++server) {
      if (server == dead) continue;
      EXPECT_EQ(herd.at(server).size(), 4U) << "server " << dead << " dead, server " << server;
    }
  }
}

}  // namespace
}  // namespace herd::flood
