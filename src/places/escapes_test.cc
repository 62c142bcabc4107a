#include "places/escapes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace herd::places {
namespace {

TEST(ResolveEscapes, KnowsThoseOfUrlsJsonAndHtml) {
  EXPECT_EQ(ResolveEscapes("a%41b"), "aAb");
  EXPECT_EQ(ResolveEscapes("a\\u0041b"), "aAb");
  EXPECT_EQ(ResolveEscapes("a&#65;b&#x41;c&#X041;d"), "aAbAcAd");
  EXPECT_EQ(ResolveEscapes("%2d%2D\\u002d\\u002D"), "----");
}

TEST(ResolveEscapes, LeavesWhatIsNone) {
  for (const char* text : {"", "%", "%4", "%4g", "\\u004", "\\u00e9", "\\u4041", "&#;", "&#x;",
                           "&#65", "&amp;", "&#9999;", "%00", "%0a", "%80", "plain; text"}) {
    EXPECT_EQ(ResolveEscapes(text), text);
  }
}

TEST(ResolveEscapes, ResolvesEscapesOfEscapes) {
  EXPECT_EQ(ResolveEscapes("%2541"), "A");
  EXPECT_EQ(ResolveEscapes("%25%34%31"), "A");
  EXPECT_EQ(ResolveEscapes("\\u00254\\u0031"), "A");
  EXPECT_EQ(ResolveEscapes("%26%2365;"), "A");
  EXPECT_EQ(ResolveEscapes("\\\\u0041"), "\\A") << "JSON in a JSON string";
}

std::string Escaped(char c, int way) {
  std::array<char, 16> text{};
  const std::array<const char*, 5> formats = {"%c", "%%%02x", "\\u%04X", "&#%d;", "&#x%x;"};
  std::snprintf(text.data(), text.size(), formats.at(static_cast<std::size_t>(way)), c);
  return text.data();
}

RC_GTEST_PROP(ResolveEscapes, UndoesAnyMixture, ()) {
  const auto key =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABCXYZabcxyz0189-._~")));
  std::string text = key;
  for (int rounds = *rc::gen::inRange(1, 4); rounds > 0; --rounds) {
    std::string escaped;
    for (const char c : text) escaped += Escaped(c, *rc::gen::inRange(0, 5));
    text = escaped;
  }
  RC_ASSERT(ResolveEscapes(text) == key);
}

}  // namespace
}  // namespace herd::places
