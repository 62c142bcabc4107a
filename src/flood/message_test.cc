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
  const std::string hello = Written(Hello{.version = "5",
                                          .herd = "ucla",
                                          .from = "Hands",
                                          .to = "Wilkes",
                                          .nonce = "00ff",
                                          .run = "a1"});
  EXPECT_EQ(hello, "HERD 5 ucla Hands Wilkes 00ff a1\n");
  const Message message = ParseMessage("HERD 5 ucla Hands Wilkes 00ff a1");
  const auto* read = std::get_if<Hello>(&message);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->version, "5");
  EXPECT_EQ(read->run, "a1");
  EXPECT_EQ(read->herd, "ucla");
  EXPECT_EQ(read->from, "Hands");
  EXPECT_EQ(read->to, "Wilkes");
  EXPECT_EQ(read->nonce, "00ff");
  EXPECT_EQ(Written(Proof{"ab"}), "PROOF ab\n");
  EXPECT_EQ(Written(Refused{"wrong herd"}), "REFUSED wrong herd\n");
  EXPECT_EQ(Written(Ping{7}), "PING 7\n");
  EXPECT_EQ(Written(Pong{18'446'744'073'709'551'615U, {-1}}), "PONG 18446744073709551615 -1\n");
  EXPECT_EQ(Written(std::vector<Setting>{{"a.b", "1"}, {"c", "d=e"}}), "SETTINGS a.b=1 c=d=e\n");
  EXPECT_EQ(Written(Bye{}), "BYE\n");
}

TEST(ParseMessage, KnowsEveryWord) {
  EXPECT_TRUE(std::holds_alternative<Proof>(ParseMessage("PROOF ab")));
  EXPECT_TRUE(std::holds_alternative<Refused>(ParseMessage("REFUSED wrong herd")));
  EXPECT_TRUE(std::holds_alternative<Ping>(ParseMessage("PING 0")));
  EXPECT_TRUE(std::holds_alternative<Pong>(ParseMessage("PONG 12 5")));
  EXPECT_TRUE(std::holds_alternative<Bye>(ParseMessage("BYE")));
  EXPECT_TRUE(std::holds_alternative<wire::At>(ParseMessage("AT Hands +0.000000000 kiwi +1+1 5")));
}

TEST(ParseMessage, LeavesAnotherVersionsHelloToTheHandshake) {
  const Message message = ParseMessage("HERD 1 ucla Hands Wilkes 00ff");
  ASSERT_TRUE(std::holds_alternative<Hello>(message));
  EXPECT_EQ(std::get<Hello>(message).version, "1");
}

template <typename T>
T ReadBack(const T& message) {
  std::string line = Written(message);
  EXPECT_EQ(line.back(), '\n');
  line.pop_back();
  const Message read = ParseMessage(line);
  EXPECT_TRUE(std::holds_alternative<T>(read)) << line;
  return std::holds_alternative<T>(read) ? std::get<T>(read) : T{};
}

TEST(Message, OfAComparisonIsWrittenAndReadAlike) {
  EXPECT_EQ(Written(Resume{}), "RESUME\n");
  EXPECT_EQ(Written(Compare{}), "COMPARE\n");
  EXPECT_EQ(Written(Compared{}), "COMPARED\n");
  Differ differ{.range = 63, .leaves = {}};
  EXPECT_EQ(Written(differ), "DIFFER 63 -\n");
  EXPECT_EQ(ReadBack(differ).leaves, differ.leaves);
  differ.leaves.set(0).set(77).set(1023);
  EXPECT_EQ(Written(differ), "DIFFER 63 0,77,1023\n");
  EXPECT_EQ(ReadBack(differ).leaves, differ.leaves);
  const Leaf leaf{.range = 1, .leaf = 2, .rows = {fleet::RowHash{0xab}, fleet::RowHash{~0ULL}}};
  EXPECT_EQ(Written(leaf), "LEAF 1 2 00000000000000abffffffffffffffff\n");
  EXPECT_EQ(ReadBack(leaf).rows, leaf.rows);
  const Want want{.range = 1, .leaf = 2, .rows = {}};
  EXPECT_EQ(Written(want), "WANT 1 2 -\n");
  EXPECT_TRUE(ReadBack(want).rows.empty());
}

TEST(Message, HoldsAllDigests) {
  fleet::RangeDigests ranges;
  ranges[0] += fleet::RowHash{5};
  ranges[63] += fleet::RowHash{~0ULL};
  std::string line;
  Append(line, ranges);
  EXPECT_EQ(line.substr(0, 23), "RANGES 0000000000000005");
  line.pop_back();
  const Message message = ParseMessage(line);
  EXPECT_EQ(ParseDigests<fleet::RangeDigests>(std::get<Ranges>(message).digests), ranges);
  EXPECT_FALSE(ParseDigests<fleet::RangeDigests>("00"));
  EXPECT_FALSE(ParseDigests<fleet::RangeDigests>(std::string(1024, 'g')));
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
                           "PONG 1",
                           "PONG 1 x",
                           "PONG 1 9223372036854775808",
                           "SETTINGS",
                           "SETTINGS ",
                           "SETTINGS a",
                           "SETTINGS =1",
                           "SETTINGS a=",
                           "SETTINGS a=1 ",
                           "SETTINGS a=1  b=1",
                           "BYE ",
                           "bye",
                           "HERD",
                           "HERD 5 a b c d",
                           "HERD 5 a b c d e f",
                           "HERD 5  b c d e",
                           "HERD 5 a b c d ",
                           "HERD  a b c d",
                           "RESUME ",
                           "COMPARE 1",
                           "LEAVES",
                           "LEAVES 64 00",
                           "LEAVES x 00",
                           "DIFFER 1",
                           "DIFFER 1 ",
                           "DIFFER 1 1024",
                           "DIFFER 1 1,",
                           "LEAF 1 1",
                           "LEAF 1 1 ",
                           "LEAF 1 1024 -",
                           "LEAF 1 1 00000000000000a",
                           "LEAF 1 1 00000000000000ag",
                           "WANT 1 -",
                           "ROW kiwi",
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
