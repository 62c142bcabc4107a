#include "places/json_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "places/json_text_maker.h"

namespace herd::places {
namespace {

TEST(JsonTree, GivesTheBytesOfEveryValue) {
  const auto tree = JsonTree::Parse(
      " { \"n\" : 12345678901234567890.500 , \"s\":\"a\\u0041]\" ,\"a\" : [ 1 , {} ,[ ] ], "
      "\"b\":true }\n");
  ASSERT_TRUE(tree) << tree.error();
  const JsonValue& root = tree->Root();
  EXPECT_EQ(root.Find("n")->text, "12345678901234567890.500");
  EXPECT_EQ(root.Find("s")->text, "\"a\\u0041]\"");
  EXPECT_EQ(root.Find("s")->string, "aA]");
  EXPECT_EQ(root.Find("a")->text, "[ 1 , {} ,[ ] ]");
  ASSERT_EQ(root.Find("a")->children.size(), 3U);
  EXPECT_EQ(root.Find("a")->children[2].text, "[ ]");
  EXPECT_EQ(root.Find("b")->text, "true");
  EXPECT_EQ(root.Find("b")->member_text, "\"b\":true");
  EXPECT_EQ(root.Find("c"), nullptr);
  EXPECT_TRUE(root.text.starts_with("{ \"n\"") && root.text.ends_with("true }"));
}

TEST(JsonTree, KeepsItsViewsWhenMoved) {
  auto tree = JsonTree::Parse(R"({"k":"v"})");
  ASSERT_TRUE(tree);
  const JsonTree moved = std::move(*tree);
  EXPECT_EQ(moved.Root().Find("k")->string, "v");
}

TEST(JsonTree, TakesNumbersOfAnySize) {
  for (const std::string number : {"0", "-0", "18446744073709551616", "-99999999999999999999999999",
                                   "1e999", "0.00000000000000000001", "1E+2", "1.0e-0"}) {
    const auto tree = JsonTree::Parse("{\"n\":" + number + "}");
    ASSERT_TRUE(tree) << number;
    EXPECT_EQ(tree->Root().Find("n")->text, number);
    EXPECT_TRUE(tree->Root().Find("n")->IsNumber());
  }
}

TEST(JsonTree, RefusesWhatIsNoJsonObject) {
  for (const std::string text : {"",
                                 " ",
                                 "null",
                                 "[]",
                                 "\"x\"",
                                 "1",
                                 "{",
                                 "}",
                                 "{]",
                                 "{}{}",
                                 "{} x",
                                 "{},",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{\"a\":1 \"b\":2}",
                                 "{a:1}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[1 2]}",
                                 "{\"a\":[1:2]}",
                                 "{\"a\":[}",
                                 "{\"a\":[1}",
                                 "{\"a\":{]}",
                                 "{\"a\":[1]]}",
                                 "{\"a\":nul}",
                                 "{\"a\":truex}",
                                 "{\"a\":01}",
                                 "{\"a\":+1}",
                                 "{\"a\":1.}",
                                 "{\"a\":.5}",
                                 "{\"a\":1e}",
                                 "{\"a\":-}",
                                 "{\"a\":1x}",
                                 "{\"a\":NaN}",
                                 "{\"a\":\"\\x\"}",
                                 "{\"a\":\"\\u12\"}",
                                 "{\"a\":\"\x01\"}",
                                 "{\"a\":\"\xFF\"}",
                                 "{\"a\":\"\n\"}",
                                 "{\"a\":\"b}",
                                 "{\"\\q\":1}",
                                 "{'a':1}",
                                 "{,}",
                                 "{\"a\"::1}",
                                 "{\"a\":1,,\"b\":1}",
                                 "\xEF\xBB\xBF{}",
                                 "{\"a\":1}\\"}) {
    EXPECT_FALSE(JsonTree::Parse(text)) << text;
  }
  EXPECT_FALSE(JsonTree::Parse(std::string_view("{}\0", 3)));
}

TEST(JsonTree, BoundsDepthAndValues) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  EXPECT_TRUE(JsonTree::Parse(nested(JsonTree::kDepthMax)));
  EXPECT_FALSE(JsonTree::Parse(nested(JsonTree::kDepthMax + 1)));
  EXPECT_FALSE(JsonTree::Parse(nested(1'000'000)));
  std::string many = "{\"a\":[0";
  for (std::size_t i = 0; i < JsonTree::kValuesMax; ++i) many += ",0";
  EXPECT_FALSE(JsonTree::Parse(many + "]}"));
}

RC_GTEST_PROP(JsonTree, TakesEveryJsonObject, (const std::vector<std::uint8_t>& choices)) {
  JsonTextMaker maker(choices);
  const std::string object = maker.Object(4);
  const auto tree = JsonTree::Parse(maker.Space() + object + maker.Space());
  RC_ASSERT(tree.has_value());
  RC_ASSERT(tree->Root().text == object);
}

// simdjson's DOM parser is the judge: it reads all of a text at once, we value by value.
RC_GTEST_PROP(JsonTree, AgreesWithTheDomOnDamagedTexts,
              (const std::vector<std::uint8_t>& choices, std::size_t place)) {
  JsonTextMaker maker(choices);
  std::string text = maker.Object(4);
  constexpr std::string_view kDamage = "{}[]:,\"\\ 0-.eEtn\x01\xFF";
  const char byte = kDamage[*rc::gen::inRange<std::size_t>(0, kDamage.size())];
  const std::size_t at = place % text.size();
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      text[at] = byte;
      break;
    case 1:
      text.insert(at, 1, byte);
      break;
    default:
      text.erase(at, 1);
  }
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const auto error = parser.parse(text).get(element);
  const bool is_object = error == simdjson::SUCCESS && element.is_object();
  // The DOM has no place for numbers that do not fit in 64 bits.
  RC_PRE(error != simdjson::NUMBER_ERROR);
  RC_ASSERT(JsonTree::Parse(text).has_value() == is_object);
}

}  // namespace
}  // namespace herd::places
