#include "places/request_budget.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <vector>

namespace herd::places {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using TimePoint = SlidingCount::TimePoint;

constexpr TimePoint kStart{seconds(5000)};

TEST(RequestBudget, SaysWhichBudgetIsSpent) {
  RequestBudget budget(2, 3);
  EXPECT_FALSE(budget.Take(kStart));
  EXPECT_FALSE(budget.Take(kStart));
  EXPECT_EQ(budget.Take(kStart), RequestBudget::Spent::kMinute);
  EXPECT_FALSE(budget.Take(kStart + seconds(61)));
  EXPECT_EQ(budget.Take(kStart + seconds(61)), RequestBudget::Spent::kDay);
  EXPECT_FALSE(budget.Take(kStart + hours(25)));
}

TEST(RequestBudget, ARefusedRequestCostsNothing) {
  RequestBudget budget(1, 2);
  EXPECT_FALSE(budget.Take(kStart));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.Take(kStart));
  EXPECT_FALSE(budget.Take(kStart + seconds(61)));
}

TEST(RequestBudget, ZeroIsNoLimit) {
  RequestBudget budget(0, 0);
  for (int i = 0; i < 100'000; ++i) ASSERT_FALSE(budget.Take(kStart));
}

TEST(SlidingCount, FreesWhatIsOlderThanTheWindow) {
  SlidingCount count(1, minutes(1));
  ASSERT_TRUE(count.HasRoom(kStart));
  count.Add();
  EXPECT_FALSE(count.HasRoom(kStart + seconds(60)));
  EXPECT_TRUE(count.HasRoom(kStart + seconds(61)));
}

// Whatever the rhythm: never more than the limit in a window, and never refused when there have
// been fewer in a window and one slot.
RC_GTEST_PROP(SlidingCount, KeepsItsLimitInEveryWindow, ()) {
  const auto limit = *rc::gen::inRange<std::uint32_t>(1, 8);
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 30'000));
  const milliseconds window = minutes(1);
  const milliseconds slot = window / 60;
  SlidingCount count(limit, window);
  std::vector<TimePoint> counted;
  const auto since = [&](TimePoint begin) {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(counted, [&](TimePoint at) { return at > begin; }));
  };
  TimePoint now = kStart;
  for (const int step : steps) {
    now += milliseconds(step);
    if (count.HasRoom(now)) {
      count.Add();
      counted.push_back(now);
      RC_ASSERT(since(now - window) <= limit);
    } else {
      RC_ASSERT(since(now - window - slot) >= limit);
    }
  }
}

}  // namespace
}  // namespace herd::places
