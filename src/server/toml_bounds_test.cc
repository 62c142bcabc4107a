#include "server/toml_bounds.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server/parse_config.h"

namespace herd::server {
namespace {

std::string Times(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string FaultIn(std::string_view text) {
  const auto fault = FindTooDeep(text);
  return fault ? std::to_string(fault->line) + ": " + fault->text : "none";
}

constexpr const char* kParts = "a key of more than 16 parts";
constexpr const char* kDeep = "arrays or tables more than 16 deep in each other";

TEST(FindTooDeep, BoundsThePartsOfAKey) {
  EXPECT_EQ(FaultIn(Times("a.", 15) + "a = 1"), "none");
  EXPECT_EQ(FaultIn("\n" + Times("a.", 16) + "a = 1"), std::string("2: ") + kParts);
  EXPECT_EQ(FaultIn("[" + Times("a.", 16) + "a]"), std::string("1: ") + kParts);
  EXPECT_EQ(FaultIn(Times("a . ", 16) + "a = 1"), std::string("1: ") + kParts);
  EXPECT_EQ(FaultIn(Times("'a'.\"a\".", 8) + "a = 1"), std::string("1: ") + kParts);
  EXPECT_EQ(FaultIn("x = {" + Times("a.", 16) + "a = 1}"), std::string("1: ") + kParts);
  EXPECT_EQ(FaultIn(Times("a.a = 1\n", 100)), "none");
  EXPECT_EQ(FaultIn("x = [" + Times("1.5, ", 100) + "]"), "none");
}

TEST(FindTooDeep, BoundsNesting) {
  EXPECT_EQ(FaultIn("x = " + Times("[", 16) + Times("]", 16)), "none");
  EXPECT_EQ(FaultIn("x = " + Times("[", 17)), std::string("1: ") + kDeep);
  EXPECT_EQ(FaultIn("x = " + Times("{a = ", 17)), std::string("1: ") + kDeep);
  EXPECT_EQ(FaultIn("x = " + Times("[\n", 17)), std::string("17: ") + kDeep);
  EXPECT_EQ(FaultIn(Times("[[server]]\n", 100)), "none");
}

TEST(FindTooDeep, PassesStringsAndComments) {
  const std::string dots(100, '.');
  const std::string brackets(100, '[');
  for (const std::string& text : {dots, brackets}) {
    EXPECT_EQ(FaultIn("# " + text), "none");
    EXPECT_EQ(FaultIn("x = \"" + text + "\""), "none");
    EXPECT_EQ(FaultIn("x = \"\\\"" + text + "\""), "none");
    EXPECT_EQ(FaultIn("x = '" + text + "\\' # '" + text), "none");
    EXPECT_EQ(FaultIn("x = \"\"\"\n\"\" \\\"\"\"" + text + "\n\"\"\"\""), "none");
    EXPECT_EQ(FaultIn("x = '''\n''" + text + "\n'''"), "none");
    EXPECT_NE(FaultIn("x = \"\"\n" + text), "none");
    EXPECT_NE(FaultIn("x = \"no end\n" + text), "none");
    EXPECT_NE(FaultIn("x = '''a''''\n" + text), "none");
    EXPECT_NE(FaultIn("x = ['''a'''', " + text), "none");
  }
}

// Each of these ended the process before.
TEST(ParseConfig, SurvivesDeepTrees) {
  for (const std::string& text :
       {Times("a.", 50'000) + "a = 1", "[" + Times("a.", 50'000) + "a]",
        "[[" + Times("a.", 50'000) + "a]]", "a = {" + Times("a.", 50'000) + "a = 1}",
        "links = " + Times("[", 50'000), "a = " + Times("{a = ", 50'000),
        "a = " + Times("[{a.a.a = ", 20'000)}) {
    const auto config = ParseConfig(text, "herd.toml");
    ASSERT_FALSE(config);
    EXPECT_TRUE(config.error().starts_with("herd.toml:1: ")) << config.error();
  }
}

}  // namespace
}  // namespace herd::server
