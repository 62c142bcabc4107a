#include "flood/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "fleet/testing.h"
#include "flood/test_herd.h"

namespace herd::flood {
namespace {

using fleet::testing::OwnedAt;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::Herd;

constexpr wire::UnixNanos kNow{1'600'000'000'000'000'000};

class OfOurs : public ::testing::Test {
 protected:
  std::vector<std::string> warnings_;
  Agreement agreement_{{.settings = {{"a", "1"}, {"b", "2"}},
                        .clock_difference = seconds(1),
                        .clock_difference_max = seconds(30),
                        .warn_of_settings = [this](auto& text) { warnings_.push_back(text); },
                        .warn_of_clock = [this](auto& text) { warnings_.push_back(text); }}};

  void ClockAhead(nanoseconds by, nanoseconds round_trip = milliseconds(2)) {
    const wire::UnixNanos sent{kNow.value - round_trip.count() / 2};
    agreement_.Receive({sent.value + by.count()}, kNow, round_trip);
  }
};

TEST_F(OfOurs, TellsItsSettings) {
  std::string out;
  agreement_.Greet(out);
  EXPECT_EQ(out, "SETTINGS a=1 b=2\n");
  out.pop_back();
  agreement_.Receive(std::get<Settings>(ParseMessage(out)));
  EXPECT_TRUE(agreement_.reached());
  EXPECT_EQ(warnings_.size(), 0U);
}

TEST_F(OfOurs, WarnsOnceOfAllSettingsThatDiffer) {
  agreement_.Receive(Settings{{{"b", "3\n"}, {"c", "4"}}});
  EXPECT_FALSE(agreement_.reached());
  ASSERT_EQ(agreement_.settings_differ().size(), 3U);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], ::testing::HasSubstr("a is none there and 1 here, "
                                                 "b is 3\\x0a there and 2 here, "
                                                 "c is 4 there and none here"));
}

TEST_F(OfOurs, WarnsWhenClocksComeToDiffer) {
  ClockAhead(milliseconds(999));
  EXPECT_EQ(warnings_.size(), 0U);
  EXPECT_EQ(agreement_.clock_ahead(), milliseconds(999));
  ClockAhead(milliseconds(-1002));
  ClockAhead(milliseconds(-1003));
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], ::testing::HasSubstr("its clock is -1.002000000 s from ours"));
  EXPECT_TRUE(agreement_.reached());
  ClockAhead(milliseconds(0));
  ClockAhead(seconds(30));
  EXPECT_EQ(warnings_.size(), 2U);
  EXPECT_FALSE(agreement_.reached());
  ClockAhead(seconds(29));
  EXPECT_TRUE(agreement_.reached());
}

// A slow answer says little of the clock.
TEST_F(OfOurs, DoesNotTakeALongRoundTripForADifference) {
  ClockAhead(milliseconds(1'400), seconds(1));
  EXPECT_EQ(warnings_.size(), 0U);
  ClockAhead(milliseconds(1'500), seconds(1));
  EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(OfOurs, TakesAnyClock) {
  for (const std::int64_t clock :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    agreement_.Receive({clock}, kNow, milliseconds(1));
    EXPECT_GE(*agreement_.clock_ahead(), -std::chrono::years(100));
    EXPECT_LE(*agreement_.clock_ahead(), std::chrono::years(100));
  }
}

// A hundred rows that the one server holds expired and the other does not; how many are sent again
// in ten times the interval between comparisons, once the link has come up.
std::uint64_t SentAgain(Herd::Settings settings) {
  Herd herd(2, {{0, 1}}, settings);
  constexpr std::int64_t kReceipt = 1'000'000'000;
  for (int i = 0; i < 100; ++i) {
    herd.at(0).Apply(OwnedAt("S0", "c" + std::to_string(i), "+1+1", "1", {kReceipt}).at(),
                     fleet::kFromClient);
  }
  herd.at(1).SetHorizon({.rows = {kReceipt + 1}, .tombstones = {}});
  herd.Heal();
  const auto sent = [&] { return herd.counters(0, 0).catch_up_rows_out; };
  EXPECT_EQ(sent(), 100U);
  for (int i = 0; i < 100; ++i) {
    herd.Pass(testing::kTiming.compare_interval / 10);
    herd.LetTalk();
  }
  EXPECT_EQ(herd.counters(0, 0).messages_unknown, 0U);
  return sent() - 100;
}

TEST(Agreement, IsNeededForComparingAgain) {
  const Setting day{"fleet.expire_after_s", "86400"};
  const Setting week{"fleet.expire_after_s", "604800"};
  EXPECT_GE(SentAgain({.compared = {{week}, {week}}}), 200U) << "else this test shows nothing";
  EXPECT_EQ(SentAgain({.compared = {{week}, {day}}}), 0U);
}

TEST(Agreement, OfClocksIsNeededForComparingAgain) {
  // A comparison may come before the first heartbeat that tells the clock.
  EXPECT_LE(SentAgain({.clocks = {hours(0), hours(-2)}}), 100U);
}

}  // namespace
}  // namespace herd::flood
