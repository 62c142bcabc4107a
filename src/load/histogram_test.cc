#include "load/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace herd::load {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.Percentile(50), nanoseconds(0));
  EXPECT_EQ(histogram.max(), nanoseconds(0));
  EXPECT_EQ(histogram.Mean(), nanoseconds(0));
}

TEST(Histogram, IsExactForShortDurations) {
  Histogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.Record(nanoseconds(i));
  EXPECT_EQ(histogram.Percentile(0), nanoseconds(1));
  EXPECT_EQ(histogram.Percentile(50), nanoseconds(100));
  EXPECT_EQ(histogram.Percentile(99.9), nanoseconds(200));
  EXPECT_EQ(histogram.Percentile(100), nanoseconds(200));
}

TEST(Histogram, TakesTheGreatestAndTheLeastDuration) {
  Histogram histogram;
  histogram.Record(nanoseconds(-5));
  histogram.Record(nanoseconds::max());
  EXPECT_EQ(histogram.Percentile(50), nanoseconds(0));
  EXPECT_EQ(histogram.Percentile(100), nanoseconds::max());
}

// Durations of all lengths: most are short where the integers themselves would nearly all be long.
rc::Gen<std::vector<std::int64_t>> Durations() {
  return rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(rc::gen::map(
      rc::gen::pair(rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max()),
                    rc::gen::inRange(0, 63)),
      [](const auto& pair) { return pair.first >> pair.second; })));
}

RC_GTEST_PROP(Histogram, PercentilesAreOfTheSortedDurationsWithinTheErrorBound, ()) {
  std::vector<std::int64_t> durations = *Durations();
  const double percent = *rc::gen::inRange(0, 1001) / 10.0;
  Histogram histogram;
  for (const std::int64_t duration : durations) histogram.Record(nanoseconds(duration));
  std::ranges::sort(durations);
  const auto rank = static_cast<std::size_t>(
      std::max(1.0, std::ceil(static_cast<double>(durations.size()) * percent / 100)));
  const std::int64_t exact = durations[rank - 1];
  const std::int64_t told = histogram.Percentile(percent).count();
  RC_ASSERT(told >= exact);
  RC_ASSERT(static_cast<double>(told - exact) <= static_cast<double>(exact) * Histogram::kErrorMax);
  RC_ASSERT(histogram.max().count() == durations.back());
}

RC_GTEST_PROP(Histogram, MergedTellTheSameAsOneOfAll, ()) {
  const std::vector<std::int64_t> some = *Durations();
  const std::vector<std::int64_t> others = *Durations();
  Histogram first;
  Histogram second;
  Histogram all;
  for (const std::int64_t duration : some) {
    first.Record(nanoseconds(duration));
    all.Record(nanoseconds(duration));
  }
  for (const std::int64_t duration : others) {
    second.Record(nanoseconds(duration));
    all.Record(nanoseconds(duration));
  }
  first.Merge(second);
  RC_ASSERT(first.count() == all.count());
  RC_ASSERT(first.max() == all.max());
  for (const double percent : {0.0, 50.0, 90.0, 99.0, 99.9, 100.0})
    RC_ASSERT(first.Percentile(percent) == all.Percentile(percent));
}

}  // namespace
}  // namespace herd::load
