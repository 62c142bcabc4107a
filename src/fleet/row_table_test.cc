#include "fleet/row_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>

#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::OwnedAt;

constexpr HashKey kKey{{42}};

std::string ClientOf(int number) {
  return "c" + std::to_string(number);
}

RowIndex Find(const RowTable& table, int number) {
  return table.Find(ClientOf(number), HashClient(kKey, ClientOf(number)));
}

// Few clients in a table that is small, so that they stand in each other's way.
RC_GTEST_PROP(RowTable, FindsWhatWasInsertedAndNotRemoved, ()) {
  HugePages memory;
  RowTable table(kKey, memory);
  std::map<int, RowIndex> expected;
  for (const int number : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40))) {
    if (const auto known = expected.find(number); known != expected.end()) {
      table.Remove(known->second);
      expected.erase(known);
    } else {
      const OwnedAt report("Hands", ClientOf(number), "+1+1", "1", {});
      expected[number] = table.Insert(report.at(), kFromClient, HashClient(kKey, ClientOf(number)));
    }
    RC_ASSERT(table.size() == expected.size());
    for (int client = 0; client < 40; ++client) {
      const auto known = expected.find(client);
      RC_ASSERT(Find(table, client) == (known == expected.end() ? kNoRow : known->second));
      RC_ASSERT(table.Find(HashClient(kKey, ClientOf(client))) == Find(table, client));
    }
  }
  std::set<RowIndex> all;
  table.ForEach([&](RowIndex row) { all.insert(row); });
  RC_ASSERT(all.size() == expected.size());
  for (const auto& [client, row] : expected) RC_ASSERT(all.contains(row));
}

TEST(RowTable, FindsAllAsItGrows) {
  HugePages memory;
  RowTable table(kKey, memory);
  for (int number = 0; number < 10'000; ++number) {
    const OwnedAt report("Hands", ClientOf(number), "+1+1", "1", {});
    table.Insert(report.at(), kFromClient, HashClient(kKey, ClientOf(number)));
  }
  for (int number = 0; number < 10'000; ++number) {
    const RowIndex row = Find(table, number);
    ASSERT_NE(row, kNoRow);
    EXPECT_EQ(table[row].client(), ClientOf(number));
  }
  EXPECT_EQ(Find(table, 10'000), kNoRow);
}

}  // namespace
}  // namespace herd::fleet
