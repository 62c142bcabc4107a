#include "wire/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <regex>
#include <string>

#include "wire/testing.h"

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

TEST(ParsePosixTime, TakesNoMoreThan40Bytes) {
  EXPECT_EQ(ParsePosixTime(std::string(39, '0') + "7"), UnixNanos{7'000'000'000});
  EXPECT_EQ(ParsePosixTime(std::string(40, '0') + "7"), std::nullopt);
  EXPECT_EQ(ParsePosixTime("1." + std::string(38, '5')), UnixNanos{1'555'555'555});
  EXPECT_EQ(ParsePosixTime("1." + std::string(39, '5')), std::nullopt);
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

std::string Write(const CompactTime& time) {
  std::string text(kTimeBytesMax, 'x');
  text.resize(
      static_cast<std::size_t>(WriteTime(text.data(), time.time, time.layout) - text.data()));
  return text;
}

TEST(ReadPosixTime, KeepsTheLayout) {
  for (const char* text : {"0", "-0", "-0.0", "0.000000000", "7", "10.5", "-1.50", "1520023934",
                           "1520023934.918963997", "9223372036.854775807", "-9223372036.854775808",
                           "99999999.99999999", "100000000.000000001"}) {
    const auto time = ReadPosixTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(Write(*time), text);
  }
}

TEST(ReadPosixTime, LeavesOtherTextsText) {
  for (const char* text : {"00", "-01", "01.5", "1.0000000000", "-0.1234567890"}) {
    EXPECT_EQ(ReadPosixTime(text).value().layout, TimeLayout::kText) << text;
  }
}

// A time, also one that is too great, and some texts that are nearly one.
std::string NearlyTime() {
  const std::string text = *rc::gen::element<std::string>("", "", "-") + testing::AnyDigits(1, 12) +
                           testing::AnyDecimals(11);
  return *rc::gen::element(0, 1) == 0 ? text : testing::Spoilt(text);
}

RC_GTEST_PROP(ReadPosixTime, AgreesWithThePlainRules, ()) {
  const std::string text = NearlyTime();
  static const std::regex form("(-?)([0-9]+)(?:\\.([0-9]+))?");
  std::smatch parts;
  std::optional<UnixNanos> expected;
  bool laid_out = false;
  if (std::regex_match(text, parts, form)) {
    Int128 nanos = 0;
    for (const char digit : parts[2].str() + (parts[3].str() + "000000000").substr(0, 9))
      nanos = nanos * 10 + (digit - '0');
    if (parts[1] == "-") nanos = -nanos;
    if (nanos >= kMin && nanos <= kMax) expected = UnixNanos{static_cast<std::int64_t>(nanos)};
    laid_out = (parts[2] == "0" || parts[2].str()[0] != '0') && parts[3].length() <= 9;
  }
  const auto read = ReadPosixTime(text);
  RC_CLASSIFY(read.has_value(), "right");
  RC_CLASSIFY(expected && laid_out, "laid out");
  RC_ASSERT(ParsePosixTime(text) == expected);
  RC_ASSERT(read.has_value() == expected.has_value());
  if (!read) return;
  RC_ASSERT(read->time == *expected);
  RC_ASSERT((read->layout != TimeLayout::kText) == laid_out);
  if (laid_out) RC_ASSERT(Write(*read) == text);
}

RC_GTEST_PROP(WriteTime, GivesBackAnyTime, (std::int64_t nanos)) {
  std::string text;
  AppendPosixTime(text, UnixNanos{nanos});
  const auto read = ReadPosixTime(text);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->time == UnixNanos{nanos});
  RC_ASSERT(Write(*read) == text);
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

RC_GTEST_PROP(AppendSkew, AgreesWithPrintf, (std::int64_t a, std::int64_t b)) {
  const Skew skew = *rc::gen::element(UnixNanos{a} - UnixNanos{b}, Skew{a}, Skew{a / 2 % 100});
  const Int128 size = skew.nanos < 0 ? -skew.nanos : skew.nanos;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%c%" PRId64 ".%09" PRId64, skew.nanos < 0 ? '-' : '+',
                static_cast<std::int64_t>(size / 1'000'000'000),
                static_cast<std::int64_t>(size % 1'000'000'000));
  RC_ASSERT(SkewText(skew) == text.data());
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
