#include "server/forget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

#include "fleet/order.h"
#include "fleet/testing.h"

namespace herd::server {
namespace {

using fleet::testing::OwnedAt;
using Outcome = Forgotten::Outcome;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

constexpr wire::UnixNanos At(std::int64_t seconds) {
  return {seconds * kSecond};
}

constexpr wire::UnixNanos kNow = At(1'000'000);

// "kiwi" reported at `time` by its own clock and `receipt` by the server's, both in seconds.
OwnedAt Report(std::int64_t time, std::int64_t receipt) {
  return {"Hands", "kiwi", "+1+1", std::to_string(time), At(receipt)};
}

class Forgetting : public ::testing::Test {
 protected:
  Forgotten Forget(std::optional<wire::UnixNanos> time = {}, wire::UnixNanos now = kNow) {
    return server::Forget(fleet_, "Welsh", {.client = "kiwi", .time = time}, now);
  }

  bool Take(const OwnedAt& report) {
    return fleet_.Apply(report.at(), fleet::kFromClient) == fleet::Applied::kStored;
  }

  bool Knows() const {
    return fleet_.Find("kiwi", [](const fleet::Row&) {});
  }

  fleet::Fleet fleet_;
};

TEST_F(Forgetting, MakesAClientUnknownUntilANewerReport) {
  Take(Report(999'990, 999'990));
  const Forgotten forgotten = Forget();
  EXPECT_EQ(forgotten.outcome, Outcome::kForgotten);
  EXPECT_EQ(forgotten.tombstone, "AT Welsh +0.000000000 kiwi - 1000000.000000000");
  EXPECT_TRUE(forgotten.known);
  EXPECT_FALSE(Knows());
  EXPECT_FALSE(Take(Report(999'999, 1'000'005)));
  EXPECT_FALSE(Knows());
  EXPECT_TRUE(Take(Report(1'000'001, 1'000'001)));
  EXPECT_TRUE(Knows());
}

TEST_F(Forgetting, IsForUnknownClientsToo) {
  EXPECT_EQ(Forget().outcome, Outcome::kForgotten);
  EXPECT_FALSE(Forget().known);
  EXPECT_FALSE(Take(Report(999'999, 999'999)));
}

TEST_F(Forgetting, TellsOfAReportThatIsNewerAndOfTheTimeThatForgetsIt) {
  // Its clock is three seconds ahead.
  Take(Report(1'000'003, 1'000'000));
  const Forgotten newer = Forget();
  EXPECT_EQ(newer.outcome, Outcome::kNewer);
  EXPECT_TRUE(Knows());
  EXPECT_EQ(newer.time, wire::UnixNanos{At(1'000'003).value + 1});
  EXPECT_EQ(Forget(newer.time).outcome, Outcome::kForgotten);
  EXPECT_FALSE(Knows());
}

TEST_F(Forgetting, TakesNoTimeThatWouldKeepAClientAway) {
  EXPECT_EQ(Forget(At(1'000'010)).outcome, Outcome::kForgotten);
  const Forgotten late = Forget(At(1'000'011));
  EXPECT_EQ(late.outcome, Outcome::kTooLate);
  EXPECT_EQ(late.time, wire::UnixNanos{At(1'000'010).value + 1});
  EXPECT_TRUE(Take(Report(1'000'011, 1'000'001)));
}

TEST_F(Forgetting, WinsOverWhatAWrongClockReceivedAndNoLonger) {
  // The server that took it, and the client, are an hour ahead.
  Take(Report(1'003'700, 1'003'600));
  const Forgotten newer = Forget();
  EXPECT_EQ(newer.outcome, Outcome::kNewer);
  EXPECT_EQ(newer.time, wire::UnixNanos{At(1'003'610).value + 1});
  EXPECT_EQ(Forget(wire::UnixNanos{newer.time.value + 1}).outcome, Outcome::kTooLate);
  EXPECT_EQ(Forget(newer.time).outcome, Outcome::kForgotten);
  EXPECT_FALSE(Knows());
}

// The clocks of the server and of the client were a year ahead when it was received.
TEST(ForgettingTheFuture, NeedsNoTime) {
  constexpr std::int64_t kYear = 365 * 86'400;
  wire::UnixNanos clock = At(1'000'000 + kYear);
  fleet::Fleet fleet({},
                     {.clock = [&] { return clock; }, .receipt_ahead = std::chrono::minutes(5)});
  EXPECT_EQ(fleet.Apply(Report(1'000'000 + kYear, 1'000'000 + kYear).at(), fleet::LinkId{1}),
            fleet::Applied::kStored);
  clock = kNow;
  fleet.FollowClock();
  const Forgotten forgotten = Forget(fleet, "Welsh", {.client = "kiwi"}, kNow);
  EXPECT_EQ(forgotten.outcome, Outcome::kForgotten);
  EXPECT_EQ(forgotten.tombstone, "AT Welsh +0.000000000 kiwi - 1000000.000000000");
  EXPECT_EQ(fleet.size(), 0U);
  EXPECT_EQ(Forget(fleet, "Welsh", {.client = "kiwi", .time = At(1'000'000 + kYear)}, kNow).outcome,
            Outcome::kTooLate);
}

TEST(ForgettingAtTheBound, IsForKnownClients) {
  fleet::Fleet fleet({}, {.rows = 1});
  fleet.Apply(Report(999'990, 999'990).at(), fleet::kFromClient);
  EXPECT_EQ(Forget(fleet, "Welsh", {.client = "other"}, kNow).outcome, Outcome::kFull);
  EXPECT_EQ(Forget(fleet, "Welsh", {.client = "kiwi"}, kNow).outcome, Outcome::kForgotten);
}

TEST_F(Forgetting, MayBeAsOfLongAgoAndLastsAllTheSame) {
  EXPECT_EQ(Forget(At(5)).outcome, Outcome::kForgotten);
  fleet_.SetHorizon({.rows = At(999'999), .tombstones = At(999'998)});
  EXPECT_FALSE(Take(Report(4, 1'000'000)));
  EXPECT_TRUE(Take(Report(6, 1'000'000)));
  EXPECT_EQ(Forget(At(5)).outcome, Outcome::kNewer);
}

TEST_F(Forgetting, OnceMoreLeavesWhatIsForgottenAsOfLater) {
  const Forgotten first = Forget(At(1'000'005));
  const Forgotten again = Forget();
  EXPECT_EQ(again.outcome, Outcome::kForgotten);
  EXPECT_EQ(again.tombstone, first.tombstone);
  EXPECT_FALSE(again.known);
}

TEST_F(Forgetting, IsNotHinderedByARowThatHasExpired) {
  Take(Report(900, 1000));
  fleet_.SetHorizon({.rows = At(2000), .tombstones = At(1000)});
  const Forgotten forgotten = Forget(At(500));
  EXPECT_EQ(forgotten.outcome, Outcome::kForgotten);
  EXPECT_FALSE(forgotten.known);
  EXPECT_FALSE(Take(Report(400, 2000)));
}

// Whatever came before: where it says so the client is unknown, and the tombstone counts as what
// was asked for; else nothing has changed, and the time that it names works.
RC_GTEST_PROP(ForgettingProperty, DoesWhatItSays,
              (int reported, int received, int asked, int now)) {
  const auto small = [](int number) { return number % 30; };
  fleet::Fleet fleet;
  const OwnedAt report = Report(small(reported), small(received));
  fleet.Apply(report.at(), fleet::kFromClient);
  const fleet::Digest before = fleet.digest();
  ForgetRequest request{.client = "kiwi", .time = At(small(asked))};
  Forgotten forgotten = Forget(fleet, "Welsh", request, At(small(now)));
  if (forgotten.outcome != Outcome::kForgotten) {
    RC_ASSERT(fleet.digest() == before);
    request.time = forgotten.time;
    forgotten = Forget(fleet, "Welsh", request, At(small(now)));
  }
  RC_ASSERT(forgotten.outcome == Outcome::kForgotten);
  RC_ASSERT(fleet.size() == 0U);
  const auto tombstone = wire::ParseAt(forgotten.tombstone);
  RC_ASSERT(tombstone.has_value());
  RC_ASSERT(fleet::EffectiveTime(tombstone->time, tombstone->receipt) == *request.time);
  RC_ASSERT(tombstone->receipt >= At(small(now)));
}

}  // namespace
}  // namespace herd::server
