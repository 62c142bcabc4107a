#include "flood/message.h"

#include <gtest/gtest.h>

#include <string>

namespace herd::flood {
namespace {

template <typename T>
std::string Written(const T& message) {
  std::string out;
  Append(out, message);
  return out;
}

TEST(Message, IsWrittenAndReadAlike) {
  const std::string hello = Written(
      Hello{.version = "1", .herd = "ucla", .from = "Hands", .to = "Wilkes", .nonce = "00ff"});
  EXPECT_EQ(hello, "HERD 1 ucla Hands Wilkes 00ff\n");
  const Message message = ParseMessage("HERD 1 ucla Hands Wilkes 00ff");
  const auto* read = std::get_if<Hello>(&message);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->version, "1");
  EXPECT_EQ(read->herd, "ucla");
  EXPECT_EQ(read->from, "Hands");
  EXPECT_EQ(read->to, "Wilkes");
  EXPECT_EQ(read->nonce, "00ff");
  EXPECT_EQ(Written(Proof{"ab"}), "PROOF ab\n");
  EXPECT_EQ(Written(Refused{"wrong herd"}), "REFUSED wrong herd\n");
  EXPECT_EQ(Written(Ping{7}), "PING 7\n");
  EXPECT_EQ(Written(Pong{18'446'744'073'709'551'615U}), "PONG 18446744073709551615\n");
  EXPECT_EQ(Written(Bye{}), "BYE\n");
}

TEST(ParseMessage, KnowsEveryWord) {
  EXPECT_TRUE(std::holds_alternative<Proof>(ParseMessage("PROOF ab")));
  EXPECT_TRUE(std::holds_alternative<Refused>(ParseMessage("REFUSED wrong herd")));
  EXPECT_TRUE(std::holds_alternative<Ping>(ParseMessage("PING 0")));
  EXPECT_TRUE(std::holds_alternative<Pong>(ParseMessage("PONG 12")));
  EXPECT_TRUE(std::holds_alternative<Bye>(ParseMessage("BYE")));
  EXPECT_TRUE(std::holds_alternative<wire::At>(ParseMessage("AT Hands +0.000000000 kiwi +1+1 5")));
}

TEST(ParseMessage, RefusesAnyOtherLine) {
  for (const char* line : {"",
                           " ",
                           "PING",
                           "PING ",
                           "PING x",
                           "PING 1 ",
                           "PING -1",
                           "PING 18446744073709551616",
                           "PONG",
                           "BYE ",
                           "bye",
                           "HERD",
                           "HERD 1 a b c",
                           "HERD 1 a b c d e",
                           "HERD 1  b c d",
                           "HERD 1 a b c ",
                           "AT Hands kiwi",
                           "AT",
                           "IAMAT kiwi +1+1 5",
                           "PROOF",
                           "REFUSED",
                           "AT Hands +0.000000000 kiwi +91+1 5"}) {
    EXPECT_TRUE(std::holds_alternative<Unknown>(ParseMessage(line))) << line;
  }
}

}  // namespace
}  // namespace herd::flood
