#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fleet/fleet.h"
#include "fleet/testing.h"

// Reports of a server's own clients: the time of their receipt is later than that of the row held.

namespace herd::fleet {
namespace {

constexpr wire::UnixNanos Seconds(std::int64_t seconds) {
  return {seconds * 1'000'000'000};
}

struct Taken {
  Applied applied;
  wire::UnixNanos receipt;
};

// "kiwi" reports to `server` that it was at `time`, when that server's clock says `now`.
Taken Report(Fleet& fleet, const std::string& server, wire::UnixNanos time, wire::UnixNanos now) {
  std::string time_text;
  wire::AppendPosixTime(time_text, time);
  const wire::Iamat iamat{.client = "kiwi",
                          .location_text = "+1+1",
                          .time_text = time_text,
                          .time = time,
                          .location = wire::ReadIso6709("+1+1").value(),
                          .time_layout = wire::ReadPosixTime(time_text).value().layout};
  std::string skew;
  Taken taken{};
  taken.applied = fleet.Report(HashClient(fleet.key(), "kiwi"), now, [&](wire::UnixNanos receipt) {
    taken.receipt = receipt;
    return wire::MakeAt(iamat, server, receipt, skew);
  });
  return taken;
}

TEST(Report, IsReceivedByTheClock) {
  Fleet fleet;
  EXPECT_EQ(Report(fleet, "Hands", Seconds(100), Seconds(100)).receipt, Seconds(100));
  EXPECT_EQ(Report(fleet, "Hands", Seconds(101), Seconds(101)).receipt, Seconds(101));
}

// The client comes from Welsh, whose clock is right, to Goloman, whose clock is two minutes behind.
TEST(Report, IsNotLostWhereTheClockIsBehind) {
  Fleet fleet;
  testing::OwnedAt held("Welsh", "kiwi", "+1+1", "1000", Seconds(1000));
  fleet.Apply(held.at(), LinkId{1});
  for (std::int64_t second = 1001; second < 1300; ++second) {
    const Taken taken = Report(fleet, "Goloman", Seconds(second), Seconds(second - 120));
    EXPECT_EQ(taken.applied, Applied::kStored) << second;
    EXPECT_GT(taken.receipt, Seconds(1000));
  }
}

// Whichever servers it reports to and whatever their clocks say, a client's later report wins over
// the one that its server holds, and is received later.
RC_GTEST_PROP(Report, WinsOverAnEarlierOne, ()) {
  Fleet fleet;
  std::int64_t time = 0;
  wire::UnixNanos receipt{-1'000'000'000'000'000};
  for (int step = 0; step < 20; ++step) {
    time += *rc::gen::inRange<std::int64_t>(1, 200'000'000'000);
    const wire::UnixNanos now{*rc::gen::inRange<std::int64_t>(-400'000'000'000, 4'000'000'000'000)};
    const auto server = *rc::gen::element<std::string>("Goloman", "Hands", "Welsh");
    const Taken taken = Report(fleet, server, {time}, now);
    RC_ASSERT(taken.applied == Applied::kStored);
    RC_ASSERT(taken.receipt >= now);
    RC_ASSERT(taken.receipt > receipt);
    receipt = taken.receipt;
  }
}

// Many threads report the same client at the same moment.
TEST(Report, IsReceivedLaterThanTheOneBeforeInAnyThread) {
  Fleet fleet;
  constexpr int kThreads = 4;
  constexpr int kReports = 3000;
  std::mutex mutex;
  std::vector<wire::UnixNanos> receipts;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kReports; ++i) {
          const Taken taken =
              Report(fleet, "Hands", wire::UnixNanos{i * kThreads + thread}, Seconds(5));
          const std::lock_guard lock(mutex);
          if (taken.applied == Applied::kStored) receipts.push_back(taken.receipt);
        }
      });
    }
  }
  std::ranges::sort(receipts);
  EXPECT_GE(receipts.size(), std::size_t{kReports});
  EXPECT_EQ(std::ranges::adjacent_find(receipts), receipts.end());
}

}  // namespace
}  // namespace herd::fleet
