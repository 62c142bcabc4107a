#include "net/percent.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace herd::net {
namespace {

RC_GTEST_PROP(Percent, BringsAnyBytesBack, (const std::string& bytes)) {
  const std::string segment = PercentEncode(bytes);
  RC_ASSERT(std::ranges::all_of(segment, [](char c) { return c > ' ' && c <= '~' && c != '/'; }));
  RC_ASSERT(PercentDecode(segment) == bytes);
}

TEST(Percent, EncodesAllButTheUnreserved) {
  EXPECT_EQ(PercentEncode("kiwi-1._~/?#% \xFF"), "kiwi-1._~%2F%3F%23%25%20%FF");
}

TEST(Percent, DecodesWhatOthersLeaveAsItIs) {
  EXPECT_EQ(PercentDecode(""), "");
  EXPECT_EQ(PercentDecode("a+b:c@d"), "a+b:c@d");
  EXPECT_EQ(PercentDecode("%2f%2F%00"), std::string("//\0", 3));
}

TEST(Percent, RefusesWhatIsNoSegment) {
  for (const char* segment : {"%", "a%4", "%4g", "%+4", "%-1", "%%41", "a/b", "a?b", "a b", "\x7F",
                              "\xC3\xA4", "#", "\"", "[", "\\"}) {
    EXPECT_EQ(PercentDecode(segment), std::nullopt) << segment;
  }
}

}  // namespace
}  // namespace herd::net
