#include "wire/shown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace herd::wire {
namespace {

using std::string_literals::operator""s;

// Whole characters of all lengths, pieces of them, and what the rule is about.
std::string AnyBytes() {
  return *rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
          rc::gen::map(rc::gen::arbitrary<char>(), [](char c) { return std::string(1, c); }),
          rc::gen::element<std::string>("\\", "\\x", "\\\\", "x41", "ő", "€", "🐎", "\u202e",
                                        "\u0085", "\u200b", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80"))),
      [](const std::vector<std::string>& pieces) {
        std::string bytes;
        for (const std::string& piece : pieces) bytes += piece;
        return bytes;
      });
}

TEST(Shown, LeavesWhatIsSeenAsItIs) {
  for (const char* text : {"", "kiwi.cs.ucla.edu", "a b", "~!\"'", "žluťoučký-kůň-🐎", "ڪ", "大"})
    EXPECT_EQ(Shown(text), text);
}

TEST(Shown, EscapesWhatCouldNotBeToldApart) {
  EXPECT_EQ(Shown("\xff"), "\\xff");
  EXPECT_EQ(Shown("\\xff"), "\\\\xff");
  EXPECT_EQ(Shown("\x00\x1b[31m\n\x7f"s), "\\x00\\x1b[31m\\x0a\\x7f");
  // Cut short, overlong, a surrogate, beyond the last code point.
  EXPECT_EQ(Shown("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(Shown("\xe2\x82z"), "\\xe2\\x82z");
  EXPECT_EQ(Shown("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(Shown("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Shown("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  // One that is none before one that is one.
  EXPECT_EQ(Shown("\xc5ő"), "\\xc5ő");
}

TEST(Shown, EscapesWhatIsNotSeenOrTurnsTheTextRound) {
  for (const char* text : {"\u0080", "\u009b", "\u00a0", "\u00ad", "\u034f", "\u061c",    "\u2003",
                           "\u200b", "\u200e", "\u2028", "\u202e", "\u202f", "\u2060",    "\u2067",
                           "\u206f", "\u3000", "\u3164", "\ufe0f", "\ufeff", "\U000e0041"}) {
    EXPECT_TRUE(Shown(text).starts_with("\\x")) << Shown(text);
    EXPECT_EQ(Shown(text).size(), 4 * std::string(text).size());
  }
  // Their neighbours are seen.
  for (const char* text : {"¡", "¬", "®", "‐", "‧", "‰", "⁞", "⁰", "、", "︐"})
    EXPECT_EQ(Shown(text), text);
}

TEST(ParseShown, RefusesWhatNothingIsShownAs) {
  for (const char* text :
       {"\\", "a\\", "\\n", "\\x", "\\x4", "\\xg0", "\\x-1", "\\x+1", "\\x 1", "\\X41", "\\u0041"})
    EXPECT_EQ(ParseShown(text), std::nullopt) << text;
  EXPECT_EQ(ParseShown("\\x41\\xFF\\\\x"), "A\xff\\x");
}

TEST(ShownAgain, IsSafeWhateverWasSaid) {
  EXPECT_EQ(ShownAgain("a\\xff\\\\"), "a\\xff\\\\");
  EXPECT_EQ(ShownAgain("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(ShownAgain("\\x1b\x1b"), "\\x1b\\x1b");
  EXPECT_EQ(ShownAgain("C:\\n\x1b"), "C:\\\\n\\x1b");
}

RC_GTEST_PROP(Shown, CanBeInverted, ()) {
  const std::string bytes = AnyBytes();
  RC_ASSERT(ParseShown(Shown(bytes)) == bytes);
  RC_ASSERT(ShownAgain(Shown(bytes)) == Shown(bytes));
}

RC_GTEST_PROP(Shown, IsUtf8WithoutControls, ()) {
  const std::string text = Shown(AnyBytes());
  RC_ASSERT(simdjson::validate_utf8(text));
  RC_ASSERT(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }));
}

RC_GTEST_PROP(Shown, OfAnAtLineIsThatOfItsFields, ()) {
  const std::string a = AnyBytes();
  const std::string b = AnyBytes();
  RC_ASSERT(Shown(a + " " + b) == Shown(a) + " " + Shown(b));
}

}  // namespace
}  // namespace herd::wire
