#include "wire/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <limits>
#include <string>

namespace herd::wire {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::string SkewText(Skew skew) {
  std::string text;
  AppendSkew(text, skew);
  return text;
}

TEST(ParsePosixTime, ReadsSecondsAndDecimals) {
  EXPECT_EQ(ParsePosixTime("1520023934.918963997"), UnixNanos{1'520'023'934'918'963'997});
  EXPECT_EQ(ParsePosixTime("0"), UnixNanos{0});
  EXPECT_EQ(ParsePosixTime("-1.5"), UnixNanos{-1'500'000'000});
  EXPECT_EQ(ParsePosixTime("-0.25"), UnixNanos{-250'000'000});
  EXPECT_EQ(ParsePosixTime("000000000000000000000000007"), UnixNanos{7'000'000'000});
}

TEST(ParsePosixTime, IgnoresDigitsPastTheNinth) {
  EXPECT_EQ(ParsePosixTime("1.0000000019999"), UnixNanos{1'000'000'001});
  EXPECT_EQ(ParsePosixTime("-1.0000000019999"), UnixNanos{-1'000'000'001});
}

TEST(ParsePosixTime, HoldsExactlyWhatFitsSixtyFourBits) {
  EXPECT_EQ(ParsePosixTime("9223372036.854775807"), UnixNanos{kMax});
  EXPECT_EQ(ParsePosixTime("9223372036.8547758079"), UnixNanos{kMax});
  EXPECT_EQ(ParsePosixTime("-9223372036.854775808"), UnixNanos{kMin});
  EXPECT_EQ(ParsePosixTime("9223372036.854775808"), std::nullopt);
  EXPECT_EQ(ParsePosixTime("-9223372036.854775809"), std::nullopt);
  EXPECT_EQ(ParsePosixTime("9223372037"), std::nullopt);
  EXPECT_EQ(ParsePosixTime("99999999999999999999999999999999"), std::nullopt);
}

TEST(ParsePosixTime, RefusesAnyOtherText) {
  for (const char* text : {"", "-", "+1", ".5", "5.", "-.5", "1e3", "0x10", "1_000", "nan", "inf",
                           "1,5", " 1", "1 ", "1.5.5", "--1", "1.-5", "١"}) {
    EXPECT_EQ(ParsePosixTime(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(ParsePosixTime, AgreesWithPrintf, (std::int64_t nanos)) {
  const Int128 size = nanos < 0 ? -Int128{nanos} : Int128{nanos};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s%" PRId64 ".%09" PRId64, nanos < 0 ? "-" : "",
                static_cast<std::int64_t>(size / 1'000'000'000),
                static_cast<std::int64_t>(size % 1'000'000'000));
  RC_ASSERT(ParsePosixTime(text.data()) == UnixNanos{nanos});
}

TEST(AppendSkew, AlwaysHasASignAndNineDecimals) {
  EXPECT_EQ(SkewText({263'873'386}), "+0.263873386");
  EXPECT_EQ(SkewText({-500'000'000}), "-0.500000000");
  EXPECT_EQ(SkewText({0}), "+0.000000000");
  EXPECT_EQ(SkewText({-1}), "-0.000000001");
}

TEST(AppendSkew, HoldsTheDifferenceOfAnyTwoTimes) {
  EXPECT_EQ(SkewText(UnixNanos{kMax} - UnixNanos{kMin}), "+18446744073.709551615");
  EXPECT_EQ(SkewText(UnixNanos{kMin} - UnixNanos{kMax}), "-18446744073.709551615");
}

TEST(ParseSkew, RefusesWhatAppendSkewNeverWrites) {
  for (const char* text : {"", "0.000000000", "+0", "+0.5", "+.500000000", "+0.0000000000",
                           "-0.000000000", "+00.500000000", "+18446744073.709551616",
                           "+999999999999.000000000", "+0.00000000x", "+ 0.000000000"}) {
    EXPECT_EQ(ParseSkew(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(ParseSkew, ReadsBackWhatAppendSkewWrote, (std::int64_t a, std::int64_t b)) {
  const Skew skew = UnixNanos{a} - UnixNanos{b};
  RC_ASSERT(ParseSkew(SkewText(skew)) == skew);
  RC_ASSERT(UnixNanos{b} + skew == UnixNanos{a});
}

TEST(UnixNanos, PlusSkewStaysInRange) {
  EXPECT_EQ(UnixNanos{kMax} + Skew{1}, std::nullopt);
  EXPECT_EQ(UnixNanos{kMin} + Skew{-1}, std::nullopt);
  EXPECT_EQ(UnixNanos{kMin} + Skew{Int128{kMax} - kMin}, UnixNanos{kMax});
}

}  // namespace
}  // namespace herd::wire
