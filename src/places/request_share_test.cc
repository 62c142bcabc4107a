#include "places/request_share.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>

namespace herd::places {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using TimePoint = RequestShare::TimePoint;

constexpr TimePoint kStart{hours(5)};

// How many requests an asker gets at once.
int TakeAll(RequestShare& share, std::uint64_t asker, TimePoint now) {
  int count = 0;
  for (; count < 100'000 && share.HasRoom(asker, now); ++count) share.Take(asker, now);
  return count;
}

TEST(RequestShare, IsAPartOfEachBudgetForEachAsker) {
  RequestShare share(600, 10'000, 10);
  EXPECT_EQ(TakeAll(share, 1, kStart), 60);
  EXPECT_EQ(TakeAll(share, 2, kStart), 60) << "one asker takes nothing from another";
  EXPECT_EQ(TakeAll(share, 1, kStart + milliseconds(999)), 0);
  EXPECT_EQ(TakeAll(share, 1, kStart + seconds(1)), 1) << "it comes back evenly";
  EXPECT_EQ(TakeAll(share, 1, kStart + minutes(5)), 60);
}

TEST(RequestShare, OfTheDayHoldsTooWhenMinutesHaveRoom) {
  RequestShare share(0, 1000, 10);
  EXPECT_EQ(TakeAll(share, 1, kStart), 100);
  EXPECT_EQ(TakeAll(share, 1, kStart + minutes(14)), 0);
  EXPECT_EQ(TakeAll(share, 1, kStart + minutes(15)), 1);
  EXPECT_EQ(TakeAll(share, 1, kStart + hours(48)), 100);
}

TEST(RequestShare, IsNeverLessThanALookUpAndItsRetry) {
  for (const std::uint32_t budget : {1U, 2U, 5U, 20U}) {
    RequestShare share(budget, 0, 1);
    EXPECT_EQ(TakeAll(share, 1, kStart), 2);
  }
  RequestShare rounded(201, 0, 1);
  EXPECT_EQ(TakeAll(rounded, 1, kStart), 3) << "rounded up";
}

TEST(RequestShare, OfAHundredPercentIsNoBound) {
  RequestShare share(10, 10, 100);
  EXPECT_EQ(TakeAll(share, 1, kStart), 100'000);
  RequestShare of_no_budget(0, 0, 1);
  EXPECT_EQ(TakeAll(of_no_budget, 1, kStart), 100'000);
}

TEST(RequestShare, ForgetsWhoTookNothingForTheLongestTime) {
  RequestShare share(20, 0, 10, 3);
  for (const std::uint64_t asker : {1U, 2U, 3U}) EXPECT_EQ(TakeAll(share, asker, kStart), 2);
  const TimePoint later = kStart + seconds(30);
  EXPECT_EQ(TakeAll(share, 1, later), 1) << "and so 2 is the oldest";
  EXPECT_EQ(TakeAll(share, 4, later), 2);
  EXPECT_FALSE(share.HasRoom(1, later));
  EXPECT_TRUE(share.HasRoom(3, later)) << "half of it is back";
  share.Take(3, later);
  EXPECT_FALSE(share.HasRoom(3, later));
  EXPECT_FALSE(share.HasRoom(4, later));
  EXPECT_EQ(TakeAll(share, 2, later), 2) << "forgotten";
}

RC_GTEST_PROP(RequestShare, IsTakenTwiceAtMostInAnyMinute, ()) {
  const auto percent = *rc::gen::inRange<std::uint32_t>(1, 100);
  RequestShare share(100, 0, percent);
  const std::size_t whole = std::max<std::size_t>(percent, RequestShare::kRequestsMin);
  std::deque<TimePoint> taken;
  TimePoint now = kStart;
  for (int i = 0; i < 500; ++i) {
    now += milliseconds(*rc::gen::inRange(0, 400));
    if (!share.HasRoom(1, now)) continue;
    share.Take(1, now);
    taken.push_back(now);
    while (taken.front() <= now - minutes(1)) taken.pop_front();
    RC_ASSERT(taken.size() <= 2 * whole);
  }
}

}  // namespace
}  // namespace herd::places
