#include "server/replies.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace herd::server {
namespace {

std::string Ready(Replies& replies) {
  std::string out;
  replies.TakeReady(out);
  return out;
}

TEST(Replies, HoldBackTheQuickBehindTheSlow) {
  Replies replies;
  const ReplyId slow = replies.Expect();
  replies.Add("b");
  replies.Add("c");
  EXPECT_EQ(Ready(replies), "");
  EXPECT_EQ(replies.expected(), 1U);
  EXPECT_EQ(replies.bytes(), 2U);
  replies.Make(slow, "a");
  EXPECT_EQ(Ready(replies), "abc");
  EXPECT_TRUE(replies.empty());
  EXPECT_EQ(replies.bytes(), 0U);
}

TEST(Replies, IgnoreWhatTheyDoNotExpect) {
  Replies replies;
  const ReplyId id = replies.Expect();
  replies.Make(id, "a");
  replies.Make(id, "b");
  EXPECT_EQ(Ready(replies), "a");
  replies.Make(id, "c");
  EXPECT_EQ(Ready(replies), "");
  EXPECT_EQ(replies.expected(), 0U);
}

TEST(Replies, TellWhereTheFirstAcknowledgementStands) {
  Replies replies;
  const ReplyId slow = replies.Expect();
  replies.Add("b");
  replies.Add("ack", true);
  replies.Make(slow, "a");
  std::string out = "before ";
  EXPECT_EQ(replies.TakeReady(out), std::string_view("before ab").size());
  EXPECT_EQ(out, "before aback");
  replies.Add("c");
  EXPECT_EQ(replies.TakeReady(out), Replies::kNone);
}

TEST(Replies, DropTheFirstAcknowledgementAndWhatIsBehindIt) {
  Replies replies;
  const ReplyId slow = replies.Expect();
  replies.Add("b");
  replies.Add("ack", true);
  const ReplyId dropped = replies.Expect();
  replies.Add("ack", true);
  replies.DropAcknowledgements();
  EXPECT_EQ(replies.expected(), 1U);
  EXPECT_EQ(replies.bytes(), 1U);
  replies.Make(dropped, "c");
  replies.Make(slow, "a");
  EXPECT_EQ(Ready(replies), "ab");
  EXPECT_TRUE(replies.empty());
  EXPECT_EQ(replies.bytes(), 0U);
}

RC_GTEST_PROP(Replies, KeepTheOrderHoweverTheyAreMade, ()) {
  // true: a reply that is ready at once; false: one that is made later.
  const auto quick = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
  Replies replies;
  std::vector<std::pair<ReplyId, std::string>> later;
  std::string expected;
  std::string out;
  for (std::size_t i = 0; i < quick.size(); ++i) {
    const std::string text = std::to_string(i) + ",";
    expected += text;
    if (quick[i]) {
      replies.Add(text);
    } else {
      later.emplace_back(replies.Expect(), text);
    }
    if (!later.empty() && *rc::gen::arbitrary<bool>()) {
      const auto which = later.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(later));
      replies.Make(which->first, which->second);
      later.erase(which);
    }
    replies.TakeReady(out);
    RC_ASSERT(expected.starts_with(out));
  }
  for (const auto& [id, text] : later) replies.Make(id, text);
  replies.TakeReady(out);
  RC_ASSERT(out == expected);
  RC_ASSERT(replies.empty());
}

}  // namespace
}  // namespace herd::server
