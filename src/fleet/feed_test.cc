#include "fleet/feed.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "fleet/testing.h"

namespace herd::fleet {
namespace {

Row MakeRow(int client) {
  return Row(testing::OwnedAt("Hands", std::to_string(client), "+1+1", "0", {}).at(), kFromClient,
             {});
}

std::vector<const Row*> Live(std::span<const Feed::Entry> entries) {
  std::vector<const Row*> rows;
  for (const Feed::Entry& entry : entries) {
    if (entry.live()) rows.push_back(entry.row);
  }
  return rows;
}

TEST(Feed, ShowsEachRowOnceAtItsNewestChange) {
  Row a = MakeRow(1);
  Row b = MakeRow(2);
  Feed feed;
  feed.Append(a);
  feed.Append(b);
  feed.Append(a);
  EXPECT_EQ(Live(feed.After(ChangeNumber{0})), (std::vector<const Row*>{&b, &a}));
  EXPECT_EQ(Live(feed.After(ChangeNumber{2})), (std::vector<const Row*>{&a}));
  EXPECT_TRUE(feed.After(feed.newest()).empty());
}

TEST(Feed, StaysWithinTwiceTheRows) {
  std::deque<Row> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(MakeRow(i));
  Feed feed;
  for (int round = 0; round < 1000; ++round) {
    for (Row& row : rows) {
      feed.Append(row);
      ASSERT_LE(feed.After(ChangeNumber{0}).size(), 2 * rows.size() + 1);
    }
  }
  EXPECT_EQ(Live(feed.After(ChangeNumber{0})).size(), rows.size());
  EXPECT_EQ(feed.newest(), ChangeNumber{100'000});
}

}  // namespace
}  // namespace herd::fleet
