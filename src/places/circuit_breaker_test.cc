#include "places/circuit_breaker.h"

#include <gtest/gtest.h>

#include <vector>

namespace herd::places {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CircuitBreakerTest : public testing::Test {
 protected:
  void Fail() { breaker_.Finish(breaker_.Start(now_), false, now_); }
  void Succeed() { breaker_.Finish(breaker_.Start(now_), true, now_); }
  bool Lets() const { return breaker_.Lets(now_); }

  CircuitBreaker breaker_{3, seconds(10)};
  CircuitBreaker::TimePoint now_{seconds(1000)};
};

TEST_F(CircuitBreakerTest, OpensAfterSoManyFailuresInARow) {
  Fail();
  Fail();
  EXPECT_TRUE(Lets());
  Fail();
  EXPECT_FALSE(Lets());
}

TEST_F(CircuitBreakerTest, ASuccessBetweenStartsTheCountAgain) {
  Fail();
  Fail();
  Succeed();
  Fail();
  Fail();
  EXPECT_TRUE(Lets());
}

TEST_F(CircuitBreakerTest, LetsOneProbeThroughAfterItsTime) {
  for (int i = 0; i < 3; ++i) Fail();
  now_ += seconds(10) - milliseconds(1);
  EXPECT_FALSE(Lets());
  now_ += milliseconds(1);
  ASSERT_TRUE(Lets());
  const auto probe = breaker_.Start(now_);
  EXPECT_FALSE(Lets()) << "one probe at a time";
  breaker_.Finish(probe, true, now_);
  EXPECT_TRUE(Lets());
  Fail();
  Fail();
  EXPECT_TRUE(Lets()) << "closed as at first";
}

TEST_F(CircuitBreakerTest, AProbeThatFailsKeepsItOpenForTheSameTimeAgain) {
  for (int i = 0; i < 3; ++i) Fail();
  now_ += seconds(10);
  const auto probe = breaker_.Start(now_);
  now_ += seconds(3);
  breaker_.Finish(probe, false, now_);
  now_ += seconds(10) - milliseconds(1);
  EXPECT_FALSE(Lets());
  now_ += milliseconds(1);
  EXPECT_TRUE(Lets());
}

TEST_F(CircuitBreakerTest, IgnoresOutcomesOfRequestsFromBeforeItOpened) {
  std::vector<CircuitBreaker::Ticket> early;
  for (int i = 0; i < 5; ++i) early.push_back(breaker_.Start(now_));
  for (int i = 0; i < 3; ++i) breaker_.Finish(early[0], false, now_);
  ASSERT_FALSE(Lets());
  breaker_.Finish(early[1], true, now_);
  EXPECT_FALSE(Lets()) << "a late success does not close it";
  now_ += seconds(10);
  const auto probe = breaker_.Start(now_);
  breaker_.Finish(early[2], true, now_);
  breaker_.Finish(early[3], false, now_);
  EXPECT_FALSE(Lets()) << "only the probe decides";
  breaker_.Finish(probe, true, now_);
  EXPECT_TRUE(Lets());
}

TEST_F(CircuitBreakerTest, WithZeroFailuresNeverOpens) {
  breaker_ = CircuitBreaker(0, seconds(10));
  for (int i = 0; i < 1000; ++i) Fail();
  EXPECT_TRUE(Lets());
}

}  // namespace
}  // namespace herd::places
