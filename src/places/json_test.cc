#include "places/json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "places/provider.h"

namespace herd::places {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonString, KeepsPlainTextAndUtf8) {
  EXPECT_EQ(Quoted("Sant Julià de Lòria"), "\"Sant Julià de Lòria\"");
  EXPECT_EQ(Quoted("東京 🐑"), "\"東京 🐑\"");
}

TEST(AppendJsonString, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(Quoted("a\"b\\c\n\t\r\x01"), R"("a\"b\\c\n\t\r\u0001")");
}

TEST(AppendJsonString, FindsAnyByteAtAnyPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string alone(1, static_cast<char>(byte));
    const std::string quoted = Quoted(alone);
    const std::string escaped = quoted.substr(1, quoted.size() - 2);
    for (std::size_t before = 0; before < 17; ++before) {
      for (const char* around : {"!", "~"}) {
        std::string text;
        std::string expected;
        for (std::size_t i = 0; i < before; ++i) text += around;
        expected = text + escaped + text;
        EXPECT_EQ(Quoted(text + alone + text), '"' + expected + '"');
      }
    }
  }
}

TEST(AppendJsonString, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Quoted("\xFFz"), "\"\xEF\xBF\xBDz\"");
  EXPECT_EQ(Quoted("\xE6\x9D"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(EmptyAnswer, HoldsTheStatusAndTheMessage) {
  EXPECT_EQ(EmptyAnswer(Status::kZeroResults).json,
            R"({"html_attributions":[],"results":[],"status":"ZERO_RESULTS"})");
  EXPECT_EQ(
      EmptyAnswer(Status::kOverQueryLimit, "the day's budget is spent").json,
      R"({"error_message":"the day's budget is spent","html_attributions":[],"results":[],"status":"OVER_QUERY_LIMIT"})");
}

}  // namespace
}  // namespace herd::places
