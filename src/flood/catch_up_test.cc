// Whole herds of fleets and links in one thread: nothing is lost by cuts, and all ends alike.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/order.h"
#include "fleet/testing.h"
#include "flood/test_herd.h"

namespace herd::flood {
namespace {

using fleet::testing::AnyReport;
using fleet::testing::OwnedAt;
using std::chrono::milliseconds;
using testing::Herd;
using testing::kFive;
using testing::kTiming;

using Script = std::vector<std::pair<OwnedAt, std::size_t>>;

rc::Gen<Script> AnyScript() {
  return rc::gen::container<Script>(
      rc::gen::pair(AnyReport(), rc::gen::inRange<std::size_t>(0, 10'000)));
}

// What a herd must end with: the greatest report of each client.
std::set<std::string> Winners(const Script& script) {
  std::map<std::string, OwnedAt, std::less<>> winners;
  for (const auto& [report, number] : script) {
    const auto [entry, is_new] = winners.emplace(report.at().client, report);
    if (!is_new && std::is_lt(fleet::Compare(entry->second.at(), report.at())))
      entry->second = report;
  }
  std::set<std::string> lines;
  for (const auto& [client, report] : winners) lines.insert(report.line());
  return lines;
}

std::set<std::string> LinesOf(const fleet::Fleet& fleet, const Script& script) {
  std::set<std::string> lines;
  for (const auto& [report, number] : script) {
    fleet.Find(report.at().client, [&](const fleet::Row& row) { lines.emplace(row.at_line()); });
  }
  return lines;
}

RC_GTEST_PROP(CatchUp, GivesAllServersTheWinnersAfterAnyCuts, ()) {
  Herd herd(5, kFive);
  const Script script = *AnyScript();
  for (const auto& [report, number] : script) {
    herd.at(number % 5).Apply(report.at(), fleet::kFromClient);
    for (std::size_t i = 0; i < 5; ++i) herd.Step(number / (i + 1));
  }
  herd.Heal();
  const std::set<std::string> winners = Winners(script);
  for (std::size_t server = 0; server < 5; ++server) {
    RC_ASSERT(LinesOf(herd.at(server), script) == winners);
  }
  herd.ExpectAlike();
}

RC_GTEST_PROP(CatchUp, MakesServersAlikeThatHaveLostEverything, ()) {
  Herd herd(5, kFive);
  const Script script = *AnyScript();
  for (const auto& [report, number] : script) {
    herd.at(number % 5).Apply(report.at(), fleet::kFromClient);
    for (std::size_t i = 0; i < 5; ++i) herd.Step(number / (i + 1));
    if (number % 17 == 0) herd.Restart(number % 5);
  }
  herd.Heal();
  herd.ExpectAlike();
}

std::string ClientName(int number) {
  return "client" + std::to_string(number);
}

void Report(Herd& herd, std::size_t server, int first, int end, int time) {
  for (int client = first; client < end; ++client) {
    const OwnedAt report("Goloman", ClientName(client), "+1+1", std::to_string(time),
                         wire::UnixNanos{std::int64_t{time} * 1'000'000'000});
    herd.at(server).Apply(report.at(), fleet::kFromClient);
  }
}

TEST(CatchUp, SendsOnlyWhatChangedToWhoIsKnown) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 5000, 1);
  herd.Heal();
  EXPECT_EQ(herd.at(1).size(), 5000U);
  herd.Pass(kTiming.heartbeat);
  herd.LetTalk();
  ASSERT_TRUE(herd.link(0, 0).acknowledged());
  herd.CutAll();
  Report(herd, 0, 100, 130, 2);
  Report(herd, 1, 130, 140, 2);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).comparisons, 0U);
  EXPECT_EQ(herd.counters(0, 0).catch_up_rows_out, 30U);
  EXPECT_EQ(herd.counters(0, 1).catch_up_rows_out, 10U);
}

TEST(CatchUp, ComparesWithWhoIsNotAndSendsOnlyWhatDiffers) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 20'000, 1);
  Report(herd, 1, 0, 20'000, 1);
  Report(herd, 0, 300, 330, 2);
  Report(herd, 1, 330, 340, 2);
  Report(herd, 1, 20'000, 20'005, 1);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).comparisons, 1U);
  EXPECT_EQ(herd.counters(0, 0).rows_caught_up, 15U);
  EXPECT_EQ(herd.counters(0, 1).rows_caught_up, 30U);
  // For a client in both, the side that holds the older row may send it before it knows.
  EXPECT_LE(herd.counters(0, 0).catch_up_rows_out + herd.counters(0, 1).catch_up_rows_out, 85U);
}

TEST(CatchUp, FillsAnEmptyServer) {
  Herd herd(2, {{0, 1}});
  Report(herd, 1, 0, 30'000, 1);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 1).catch_up_rows_out, 30'000U);
}

TEST(CatchUp, RepairsWhatCannotHaveBeenMissed) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 100, 1);
  herd.Heal();
  EXPECT_EQ(herd.counters(0, 1).repairs, 0U);
  // As if it had come over the link: the flood does not send it back.
  const OwnedAt hidden("Goloman", "hidden", "+1+1", "5", wire::UnixNanos{5'000'000'000});
  herd.at(1).Apply(hidden.at(), fleet::LinkId{1});
  for (int i = 0; i < 4; ++i) {
    herd.Pass(kTiming.compare_interval);
    herd.LetTalk();
  }
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).repairs, 1U);
  EXPECT_EQ(herd.counters(0, 1).repairs, 0U);
}

TEST(CatchUp, FindsNothingToRepairWhileAllIsWell) {
  Herd herd(5, kFive);
  herd.Heal();
  for (int time = 1; time < 200; ++time) {
    Report(herd, static_cast<std::size_t>(time) % 5, 0, 20, time);
    herd.Pass(milliseconds(50));
    for (std::size_t i = 0; i < 40; ++i) herd.Move(static_cast<std::size_t>(time) * 37 + i);
  }
  herd.LetTalk();
  herd.ExpectAlike();
  for (std::size_t wire = 0; wire < herd.wires(); ++wire) {
    EXPECT_EQ(herd.counters(wire, 0).repairs + herd.counters(wire, 1).repairs, 0U);
  }
}

TEST(CatchUp, EndsThoughBothHaveMuchToSayAndTheWayIsNarrow) {
  Herd herd(2, {{0, 1}}, {.flood_bytes = 1000, .narrow = true});
  Report(herd, 0, 0, 10'000, 1);
  Report(herd, 1, 10'000, 20'000, 1);
  Report(herd, 1, 0, 1000, 2);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.at(0).size(), 20'000U);
}

}  // namespace
}  // namespace herd::flood
