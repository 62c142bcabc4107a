#include "fleet/fleet.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fleet/order.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::AnyReport;
using testing::OwnedAt;

std::string LineOf(const Fleet& fleet, std::string_view client) {
  std::string line;
  fleet.Find(client, [&](const Row& row) { line = row.at_line(); });
  return line;
}

TEST(Fleet, DoesNotKnowAClientThatNeverReported) {
  const Fleet fleet;
  EXPECT_FALSE(fleet.Find("kiwi", [](const Row&) { FAIL(); }));
}

TEST(Fleet, TellsWhatBecameOfAReport) {
  Fleet fleet;
  const OwnedAt older("Hands", "kiwi", "+1+1", "1", {});
  const OwnedAt newer("Hands", "kiwi", "+2+2", "2", {});
  EXPECT_EQ(fleet.Apply(older.at(), kFromClient), Applied::kStored);
  EXPECT_EQ(fleet.Apply(newer.at(), LinkId{3}), Applied::kStored);
  EXPECT_EQ(fleet.Apply(older.at(), kFromClient), Applied::kOlder);
  EXPECT_EQ(fleet.Apply(newer.at(), kFromClient), Applied::kKnown);
  fleet.Find("kiwi", [&](const Row& row) {
    EXPECT_EQ(row.at_line(), newer.line());
    EXPECT_EQ(row.from(), LinkId{3});
  });
  EXPECT_EQ(fleet.size(), 1U);
}

RC_GTEST_PROP(Fleet, HoldsTheGreatestReportWhateverTheOrderOfArrival, ()) {
  auto reports = *rc::gen::container<std::vector<OwnedAt>>(AnyReport());
  std::map<std::string, OwnedAt, std::less<>> greatest;
  for (const OwnedAt& report : reports) {
    const auto [entry, is_new] = greatest.emplace(report.at().client, report);
    if (!is_new && std::is_lt(Compare(entry->second.at(), report.at()))) entry->second = report;
  }
  for (int round = 0; round < 2; ++round) {
    Fleet fleet;
    for (const OwnedAt& report : reports) fleet.Apply(report.at(), kFromClient);
    RC_ASSERT(fleet.size() == greatest.size());
    for (const auto& [client, report] : greatest) RC_ASSERT(LineOf(fleet, client) == report.line());
    std::ranges::reverse(reports);
  }
}

TEST(FleetThreads, EndWithTheSameWinner) {
  constexpr int kClients = 7;
  constexpr int kReports = 700;
  const auto report = [](int i) {
    return OwnedAt("Hands", std::to_string(i % kClients), "+1+1", std::to_string(i),
                   wire::UnixNanos{std::int64_t{i} * 1'000'000'000});
  };
  Fleet fleet;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kReports; ++i) {
          fleet.Apply(report((i * 9 + t * 131) % kReports).at(), kFromClient);
          LineOf(fleet, std::to_string(i % kClients));
        }
      });
    }
  }
  for (int client = 0; client < kClients; ++client) {
    EXPECT_EQ(LineOf(fleet, std::to_string(client)), report(kReports - kClients + client).line());
  }
}

}  // namespace
}  // namespace herd::fleet
