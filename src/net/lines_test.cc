#include "net/lines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace herd::net {
namespace {

using Kind = LineScan::Kind;

TEST(NextLine, FindsTheFirstLine) {
  const LineScan scan = NextLine("one\r\ntwo\n", 10);
  EXPECT_EQ(scan.kind, Kind::kLine);
  EXPECT_EQ(scan.line, "one\r");
  EXPECT_EQ(scan.consumed, 5U);
}

TEST(NextLine, WaitsForTheEnd) {
  EXPECT_EQ(NextLine("", 10).kind, Kind::kPartial);
  EXPECT_EQ(NextLine("one", 10).kind, Kind::kPartial);
}

TEST(NextLine, CountsNeitherLfNorCrLf) {
  EXPECT_EQ(NextLine("12345\n", 5).kind, Kind::kLine);
  EXPECT_EQ(NextLine("12345\r\n", 5).kind, Kind::kLine);
  EXPECT_EQ(NextLine("12345", 5).kind, Kind::kPartial);
  EXPECT_EQ(NextLine("12345\r", 5).kind, Kind::kPartial);
  EXPECT_EQ(NextLine("123456", 5).kind, Kind::kTooLong);
  EXPECT_EQ(NextLine("123456\n", 5).kind, Kind::kTooLong);
  EXPECT_EQ(NextLine("123456\r\n", 5).kind, Kind::kTooLong);
  EXPECT_EQ(NextLine("12345\r\r\n", 5).kind, Kind::kTooLong);
  EXPECT_EQ(NextLine("12345\rx", 5).kind, Kind::kTooLong);
}

RC_GTEST_PROP(NextLine, LosesNothing, (std::string text)) {
  std::string again;
  std::string_view rest = text;
  for (LineScan scan = NextLine(rest, text.size()); scan.kind == Kind::kLine;
       scan = NextLine(rest, text.size())) {
    again += std::string(scan.line) + "\n";
    rest.remove_prefix(scan.consumed);
  }
  RC_ASSERT(again + std::string(rest) == text);
  RC_ASSERT(rest.find('\n') == std::string_view::npos);
}

}  // namespace
}  // namespace herd::net
