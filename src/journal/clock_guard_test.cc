#include "journal/clock_guard.h"

#include <gtest/gtest.h>

namespace herd::journal {
namespace {

using std::chrono_literals::operator""h;
using State = ClockGuard::State;

constexpr std::chrono::nanoseconds kDay = 24h;

wire::UnixNanos At(std::chrono::nanoseconds time) {
  return {time.count()};
}

TEST(ClockGuard, BelievesAClockThatGoes) {
  ClockGuard guard(kDay, At(1000h), 5h);
  for (int hour = 1; hour < 1000; ++hour)
    EXPECT_EQ(guard.Look(At(1000h + std::chrono::hours(hour)), 5h + std::chrono::hours(hour)),
              State::kBelieved);
  EXPECT_EQ(guard.newest(), At(1999h));
}

TEST(ClockGuard, DoubtsOneThatJumpsAheadUntilItIsBack) {
  ClockGuard guard(kDay, At(1000h), 5h);
  EXPECT_EQ(guard.Look(At(1025h), 6h), State::kBelieved);  // a step of a day
  EXPECT_EQ(guard.Look(At(1300h), 7h), State::kJumped);
  EXPECT_EQ(guard.newest(), std::nullopt);
  EXPECT_EQ(guard.ahead(), 274h);
  // Rows expire by the time that it should be.
  EXPECT_EQ(guard.ExpiryTime(At(1300h), 7h), At(1026h));
  EXPECT_EQ(guard.ExpiryTime(At(1310h), 17h), At(1036h));
  EXPECT_EQ(guard.Look(At(1310h), 17h), State::kJumped);
  EXPECT_EQ(guard.Look(At(1037h), 18h), State::kBelieved);
  EXPECT_EQ(guard.ExpiryTime(At(1037h), 18h), At(1037h));
}

TEST(ClockGuard, DoubtsOneThatIsAheadOfTheJournal) {
  ClockGuard guard(kDay, At(1300h), 0h);
  EXPECT_EQ(guard.Remember(At(1000h), At(1300h), 0h), State::kAheadAtStart);
  EXPECT_EQ(guard.Look(At(1301h), 1h), State::kAheadAtStart);
  EXPECT_EQ(guard.ExpiryTime(At(1301h), 1h), At(1301h));  // what has expired stays away
  EXPECT_EQ(guard.newest(), std::nullopt);
  EXPECT_EQ(guard.Look(At(1002h), 2h), State::kBelieved);
  EXPECT_EQ(guard.newest(), At(1002h));
}

TEST(ClockGuard, BelievesOneThatIsConfirmed) {
  ClockGuard guard(kDay, At(1300h), 0h);
  guard.Remember(At(1000h), At(1300h), 0h);
  guard.Confirm();
  EXPECT_EQ(guard.Look(At(1301h), 1h), State::kBelieved);
  EXPECT_EQ(guard.newest(), At(1301h));
  EXPECT_EQ(guard.Look(At(1302h), 2h), State::kBelieved);
}

// As of a machine without a battery for its clock, before the network has set it.
TEST(ClockGuard, BelievesOneThatWasBehindWhenItIsRightAgain) {
  ClockGuard guard(kDay, At(0h), 0h);
  EXPECT_EQ(guard.Remember(At(1000h), At(0h), 0h), State::kBelieved);
  EXPECT_EQ(guard.newest(), At(1000h));
  EXPECT_EQ(guard.Look(At(1001h), 1h), State::kBelieved);
}

TEST(ClockGuard, BelievesAllWhenToldTo) {
  ClockGuard guard(0h, At(0h), 0h);
  EXPECT_EQ(guard.Look(At(100'000h), 1h), State::kBelieved);
}

}  // namespace
}  // namespace herd::journal
