#include "fleet/order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <compare>
#include <limits>

#include "fleet/row.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::AnyReport;
using testing::OwnedAt;

constexpr wire::UnixNanos Seconds(std::int64_t seconds) {
  return {seconds * 1'000'000'000};
}

TEST(EffectiveTime, IsTheClientsTimeUnlessThatIsTenSecondsAhead) {
  EXPECT_EQ(EffectiveTime(Seconds(5), Seconds(100)), Seconds(5));
  EXPECT_EQ(EffectiveTime(Seconds(110), Seconds(100)), Seconds(110));
  EXPECT_EQ(EffectiveTime(Seconds(111), Seconds(100)), Seconds(110));
}

TEST(EffectiveTime, DoesNotOverflow) {
  constexpr wire::UnixNanos kMin{std::numeric_limits<std::int64_t>::min()};
  constexpr wire::UnixNanos kMax{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(EffectiveTime(kMax, kMax), kMax);
  EXPECT_EQ(EffectiveTime(kMin, kMax), kMin);
  EXPECT_EQ(EffectiveTime(kMax, kMin), wire::UnixNanos{kMin.value + 10'000'000'000});
}

void ExpectLess(const OwnedAt& a, const OwnedAt& b) {
  EXPECT_TRUE(std::is_lt(Compare(a.at(), b.at()))) << a.line() << "\n" << b.line();
  EXPECT_TRUE(std::is_gt(Compare(b.at(), a.at()))) << a.line() << "\n" << b.line();
}

TEST(Compare, GoesByTimeThenServerThenSkewThenLocationThenTimeText) {
  ExpectLess({"Welsh", "c", "+2+2", "1", Seconds(9)}, {"Goloman", "c", "+1+1", "2", Seconds(2)});
  ExpectLess({"Goloman", "c", "+2+2", "1", Seconds(9)}, {"Hands", "c", "+1+1", "1", Seconds(2)});
  ExpectLess({"Hands", "c", "+2+2", "1", Seconds(2)}, {"Hands", "c", "+1+1", "1", Seconds(9)});
  ExpectLess({"Hands", "c", "+1+1", "1.0", Seconds(9)}, {"Hands", "c", "+2+2", "1", Seconds(9)});
  ExpectLess({"Hands", "c", "+2+2", "1", Seconds(9)}, {"Hands", "c", "+2+2", "1.0", Seconds(9)});
}

TEST(Compare, TakesTheSkewByItsBytes) {
  // '+' is 2B, '-' is 2D: of two reports at one time, the one received before it wins.
  ExpectLess({"Hands", "c", "+1+1", "5", Seconds(9)}, {"Hands", "c", "+1+1", "5", Seconds(1)});
}

TEST(Compare, KeepsAFarFutureClockFromFreezingItsClient) {
  ExpectLess({"Hands", "c", "+1+1", "4000000000", Seconds(100)},
             {"Hands", "c", "+2+2", "111", Seconds(111)});
}

RC_GTEST_PROP(Compare, IsATotalOrder, ()) {
  const auto [a, b, c] = *rc::gen::tuple(AnyReport(), AnyReport(), AnyReport());
  RC_ASSERT(std::is_lt(Compare(a.at(), b.at())) == std::is_gt(Compare(b.at(), a.at())));
  if (std::is_lteq(Compare(a.at(), b.at())) && std::is_lteq(Compare(b.at(), c.at()))) {
    RC_ASSERT(std::is_lteq(Compare(a.at(), c.at())));
  }
}

RC_GTEST_PROP(Row, ComparesAsItsReportDoes, ()) {
  const auto [a, b] = *rc::gen::tuple(AnyReport(), AnyReport());
  Row row;
  row.Assign(a.at(), kFromClient);
  RC_ASSERT(row.Compare(b.at()) == Compare(a.at(), b.at()));
  RC_ASSERT(row.at_line() == a.line());
  RC_ASSERT(row.client() == a.at().client);
}

}  // namespace
}  // namespace herd::fleet
