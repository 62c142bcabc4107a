#include "journal/writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <compare>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/order.h"
#include "journal/testing.h"

namespace herd::journal {
namespace {

using fleet::testing::AnyReport;
using fleet::testing::NumbersOfOneStripe;
using testing::OwnedAt;
using testing::Report;
using testing::Rows;
using testing::RowsOf;

// A disk that keeps what was synced and, of the rest, what the test says.
class ForgetfulStore : public Store {
 public:
  enum class Fault { kNone, kWrite, kSync, kRecover, kDamaged };

  void Put(std::string_view client, std::string_view at_line) override {
    batch_[std::string(client)] = at_line;
    batch_bytes_ += client.size() + at_line.size();
  }
  std::size_t batch_bytes() const override { return batch_bytes_; }

  std::expected<void, std::string> Write() override {
    const Rows batch = std::exchange(batch_, {});
    batch_bytes_ = 0;
    ++writes;
    if (meanwhile) meanwhile();
    if (fault == Fault::kWrite || failed) return Fail();
    for (const auto& [client, line] : batch) written[client] = line;
    return {};
  }
  std::expected<void, std::string> Sync() override {
    if (fault == Fault::kSync || failed) return Fail();
    synced = written;
    return {};
  }
  std::expected<Recovered, std::string> Recover() override {
    if (fault == Fault::kRecover) return std::unexpected("still broken");
    failed = false;
    batch_.clear();
    batch_bytes_ = 0;
    if (fault == Fault::kDamaged) synced.clear();
    written = synced;
    return fault == Fault::kDamaged ? Recovered::kEmpty : Recovered::kRows;
  }

  Fault fault = Fault::kNone;
  bool failed = false;
  int writes = 0;
  std::function<void()> meanwhile;  // happens while it writes
  Rows written;
  Rows synced;

 private:
  Rows batch_;
  std::size_t batch_bytes_ = 0;

  std::expected<void, std::string> Fail() {
    failed = true;
    return std::unexpected("broken");
  }
};

// Whether all those rows are there, or rows that win against them.
bool HoldsAll(const Rows& rows, const Rows& expected) {
  return std::ranges::all_of(expected, [&](const auto& row) {
    const auto found = rows.find(row.first);
    return found != rows.end() && std::is_gteq(fleet::Compare(wire::ParseAt(found->second).value(),
                                                              wire::ParseAt(row.second).value()));
  });
}

TEST(Writer, WritesOnlyWhatChangesAfterItsStart) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  fleet.Apply(Report(1, 1).at(), fleet::kFromDisk);
  Writer writer(fleet, store, false, [] {});
  fleet.Apply(Report(2, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(writer.Sync());
  EXPECT_EQ(store.synced, (Rows{{"c2", Report(2, 1).line()}}));
}

TEST(Writer, WritesAllThatTheFleetHasToAnEmptyStore) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  fleet.Apply(Report(1, 1).at(), fleet::kFromDisk);
  Writer writer(fleet, store, true, [] {});
  EXPECT_TRUE(writer.pending());
  ASSERT_TRUE(writer.Sync());
  EXPECT_EQ(store.synced, RowsOf(fleet));
  EXPECT_FALSE(writer.pending());
}

TEST(Writer, WritesInBoundedBatches) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {});
  for (int client = 0; client < 20'000; ++client)
    fleet.Apply(Report(client, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(writer.Sync());
  EXPECT_EQ(store.synced, RowsOf(fleet));
  EXPECT_GE(store.writes, 3);
  EXPECT_LE(store.writes, 30);
}

TEST(Writer, WritesAgainWhatAFailedSyncLost) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {});
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(writer.WriteBatch());
  fleet.Apply(Report(2, 1).at(), fleet::kFromClient);
  store.fault = ForgetfulStore::Fault::kSync;
  EXPECT_FALSE(writer.Sync());
  store.fault = ForgetfulStore::Fault::kNone;
  ASSERT_TRUE(writer.Recover());
  ASSERT_TRUE(writer.Sync());
  EXPECT_EQ(store.synced, RowsOf(fleet));
}

// A batch may end in the middle of a stripe, past the place where a row changed that has changed
// again behind it.
TEST(Writer, SyncsNotBeforeRowsThatChangedAgainAreWritten) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {}, 1);
  const std::vector<int> clients = NumbersOfOneStripe("c", 3);
  fleet.Apply(Report(clients[0], 1).at(), fleet::kFromClient);
  fleet.Apply(Report(clients[1], 1).at(), fleet::kFromClient);
  const Rows acknowledged = RowsOf(fleet);
  store.meanwhile = [&] {
    if (store.writes > 1) return;
    fleet.Apply(Report(clients[2], 1).at(), fleet::kFromClient);
    fleet.Apply(Report(clients[1], 2).at(), fleet::kFromClient);
  };
  ASSERT_TRUE(writer.Sync());
  EXPECT_TRUE(HoldsAll(store.synced, acknowledged));
}

TEST(Writer, SyncsAfterAnErrorNotBeforeRowsThatChangeMeanwhileAreWritten) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {}, 1);
  const std::vector<int> clients = NumbersOfOneStripe("c", 2);
  fleet.Apply(Report(clients[0], 1).at(), fleet::kFromClient);
  fleet.Apply(Report(clients[1], 1).at(), fleet::kFromClient);
  store.fault = ForgetfulStore::Fault::kSync;
  ASSERT_FALSE(writer.Sync());
  store.fault = ForgetfulStore::Fault::kNone;
  const Rows acknowledged = RowsOf(fleet);
  const int writes = store.writes;
  store.meanwhile = [&] {
    if (store.writes == writes + 1) fleet.Apply(Report(clients[1], 2).at(), fleet::kFromClient);
  };
  ASSERT_TRUE(writer.Recover());
  ASSERT_TRUE(writer.Sync());
  EXPECT_TRUE(HoldsAll(store.synced, acknowledged));
}

// Whatever changes while it writes: a Sync covers what was there when it began.
RC_GTEST_PROP(Writer, SyncsAllThatWasThereBefore, ()) {
  fleet::Fleet fleet;
  ForgetfulStore store;
  const auto batch_bytes = *rc::gen::inRange<std::size_t>(1, 200);
  Writer writer(fleet, store, false, [] {}, batch_bytes);
  const std::vector<int> clients = NumbersOfOneStripe("c", 4);
  auto changes = *rc::gen::container<std::vector<std::pair<std::size_t, int>>>(
      rc::gen::pair(rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange(0, 4)));
  int time = 0;
  // Up to and with the next that says 0.
  const auto change = [&] {
    while (!changes.empty()) {
      const auto [client, more] = changes.back();
      changes.pop_back();
      fleet.Apply(Report(clients[client], ++time).at(), fleet::kFromClient);
      if (more == 0) return;
    }
  };
  store.meanwhile = change;
  while (!changes.empty()) {
    change();
    const Rows acknowledged = RowsOf(fleet);
    RC_ASSERT(writer.Sync().has_value());
    RC_ASSERT(HoldsAll(store.synced, acknowledged));
  }
}

// Whatever fails when: what a successful Sync covered is on the disk, and once the disk works the
// disk has all.
RC_GTEST_PROP(Writer, LosesNothingThatWasSynced, ()) {
  using Fault = ForgetfulStore::Fault;
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {});
  const auto sync = [&] { return (!store.failed || writer.Recover()) && writer.Sync(); };
  const auto steps = *rc::gen::container<std::vector<std::pair<int, OwnedAt>>>(
      rc::gen::pair(rc::gen::inRange(0, 12), AnyReport()));
  for (const auto& [kind, report] : steps) {
    if (kind < 5) {
      fleet.Apply(report.at(), fleet::kFromClient);
    } else if (kind < 7) {
      if (!store.failed) (void)writer.WriteBatch();
    } else if (kind < 9) {
      store.fault = Fault::kNone;
      if (sync()) RC_ASSERT(store.synced == RowsOf(fleet));
    } else {
      store.fault = kind == 9 ? Fault::kWrite : kind == 10 ? Fault::kSync : Fault::kDamaged;
      if (sync()) RC_ASSERT(store.synced == RowsOf(fleet));
    }
  }
  store.fault = Fault::kNone;
  RC_ASSERT(sync());
  RC_ASSERT(store.synced == RowsOf(fleet));
}

}  // namespace
}  // namespace herd::journal
