#include "server/whatsat_reply.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace herd::server {
namespace {

std::string Reply(std::string_view json) {
  std::string out;
  AppendWhatsatReply(out, "AT x", json);
  return out;
}

TEST(AppendWhatsatReply, EndsInTwoNewlinesAndHoldsNoOtherRun) {
  EXPECT_EQ(Reply("{}"), "AT x\n{}\n\n");
  EXPECT_EQ(Reply("{\n\n\n\"a\":1,\n}\n\n"), "AT x\n{\n\"a\":1,\n}\n\n");
  EXPECT_EQ(Reply("\n\n{}\n"), "AT x\n{}\n\n");
}

TEST(AppendWhatsatReply, TakesEveryLineEndForOne) {
  EXPECT_EQ(Reply("{\r\n\"a\":1,\r\"b\":2,\n\r\n\"c\":3\r\r\n\n}\r\n"),
            "AT x\n{\n\"a\":1,\n\"b\":2,\n\"c\":3\n}\n\n");
  EXPECT_EQ(Reply("\r\n\r{}\r"), "AT x\n{}\n\n");
}

RC_GTEST_PROP(AppendWhatsatReply, ChangesNothingButNewlines, ()) {
  const auto json = *rc::gen::container<std::string>(rc::gen::element('a', '\n', '\r', '{'));
  const std::string reply = Reply(json);
  const auto without_newlines = [](std::string text) {
    std::erase(text, '\n');
    std::erase(text, '\r');
    return text;
  };
  RC_ASSERT(!reply.contains('\r'));
  RC_ASSERT(without_newlines(reply) == "AT x" + without_newlines(json));
  RC_ASSERT(reply.ends_with("\n\n"));
  RC_ASSERT(reply.find("\n\n") == reply.size() - 2 || without_newlines(json).empty());
}

}  // namespace
}  // namespace herd::server
