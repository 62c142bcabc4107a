#include "fleet/feed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace herd::fleet {
namespace {

constexpr RowIndex kA{0};
constexpr RowIndex kB{1};

class FeedTest : public ::testing::Test {
 protected:
  HugePages memory_;
  StableVector<Row> rows_{memory_};
  Feed feed_{rows_, memory_};

  void AddRows(int count) {
    for (int i = 0; i < count; ++i) rows_.Add();
  }

  std::vector<RowIndex> After(ChangeNumber cursor, RowIndex last_read = kNoRow) const {
    std::vector<RowIndex> rows;
    for (RowIndex row = feed_.After(cursor, last_read); row != kNoRow; row = feed_.Next(row))
      rows.push_back(row);
    return rows;
  }
};

TEST_F(FeedTest, ShowsEachRowOnceAtItsNewestChange) {
  AddRows(2);
  feed_.Append(kA, {});
  feed_.Append(kB, {});
  feed_.Append(kA, {});
  EXPECT_EQ(After(ChangeNumber{0}), (std::vector{kB, kA}));
  EXPECT_EQ(After(ChangeNumber{2}), (std::vector{kA}));
  EXPECT_TRUE(After(feed_.newest()).empty());
}

TEST_F(FeedTest, GoesOnBehindTheRowThatWasReadUnlessThatChangedAgain) {
  AddRows(2);
  feed_.Append(kA, {});
  feed_.Append(kB, {});
  EXPECT_EQ(After(ChangeNumber{1}, kA), (std::vector{kB}));
  feed_.Append(kA, {});
  EXPECT_EQ(After(ChangeNumber{1}, kA), (std::vector{kB, kA}));
}

TEST_F(FeedTest, KeepsTheHashThatARowWasAppendedWithLast) {
  AddRows(2);
  feed_.Append(kA, RowHash{1});
  feed_.Append(kB, RowHash{2});
  EXPECT_EQ(feed_.hash(kA), RowHash{1});
  feed_.Append(kA, RowHash{3});
  EXPECT_EQ(feed_.hash(kA), RowHash{3});
  EXPECT_EQ(feed_.hash(kB), RowHash{2});
}

TEST_F(FeedTest, CountsNeverMoreThanThereAreRows) {
  AddRows(2);
  for (int i = 0; i < 10; ++i) feed_.Append(kA, {});
  feed_.Append(kB, {});
  EXPECT_EQ(feed_.CountAfter(ChangeNumber{0}), 2U);
  EXPECT_EQ(feed_.CountAfter(ChangeNumber{10}), 1U);
  EXPECT_EQ(feed_.CountAfter(feed_.newest()), 0U);
}

RC_GTEST_FIXTURE_PROP(FeedTest, IsTheRowsInTheOrderOfTheirLastChange, ()) {
  constexpr int kRows = 6;
  AddRows(kRows);
  std::vector<std::pair<ChangeNumber, RowIndex>> expected;
  std::uint64_t number = 0;
  for (const auto& [row, removed] :
       *rc::gen::container<std::vector<std::pair<RowIndex, bool>>>(rc::gen::pair(
           rc::gen::map(rc::gen::inRange(0U, 6U), [](unsigned i) { return RowIndex{i}; }),
           rc::gen::arbitrary<bool>()))) {
    const auto gone = std::erase_if(expected, [&](const auto& one) { return one.second == row; });
    if (removed) {
      if (gone > 0) feed_.Remove(row);
      continue;
    }
    feed_.Append(row, {});
    expected.emplace_back(ChangeNumber{++number}, row);
  }
  RC_ASSERT(feed_.newest() == ChangeNumber{number});
  for (std::uint64_t cursor = 0; cursor <= number; ++cursor) {
    std::vector<RowIndex> rows;
    for (const auto& [change, row] : expected) {
      if (change > ChangeNumber{cursor}) rows.push_back(row);
    }
    RC_ASSERT(After(ChangeNumber{cursor}) == rows);
    RC_ASSERT(feed_.CountAfter(ChangeNumber{cursor}) >= rows.size());
  }
}

}  // namespace
}  // namespace herd::fleet
