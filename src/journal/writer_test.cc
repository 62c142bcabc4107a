#include "journal/writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "journal/testing.h"

namespace herd::journal {
namespace {

using fleet::testing::AnyReport;
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
  EXPECT_FALSE(writer.pending());
  EXPECT_TRUE(writer.unsynced());
  ASSERT_TRUE(writer.Sync());
  EXPECT_EQ(store.synced, RowsOf(fleet));
  EXPECT_FALSE(writer.unsynced());
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
  EXPECT_EQ(store.synced, RowsOf(fleet));
}

// Whatever fails when: what a successful Sync covered is on the disk, and once the disk works the
// disk has all.
RC_GTEST_PROP(Writer, LosesNothingThatWasSynced, ()) {
  using Fault = ForgetfulStore::Fault;
  fleet::Fleet fleet;
  ForgetfulStore store;
  Writer writer(fleet, store, false, [] {});
  const auto steps = *rc::gen::container<std::vector<std::pair<int, OwnedAt>>>(
      rc::gen::pair(rc::gen::inRange(0, 12), AnyReport()));
  for (const auto& [kind, report] : steps) {
    if (kind < 5) {
      fleet.Apply(report.at(), fleet::kFromClient);
    } else if (kind < 7) {
      if (!store.failed) (void)writer.WriteBatch();
    } else if (kind < 9) {
      store.fault = Fault::kNone;
      if (store.failed ? writer.Recover() : writer.Sync()) RC_ASSERT(store.synced == RowsOf(fleet));
    } else {
      store.fault = kind == 9 ? Fault::kWrite : kind == 10 ? Fault::kSync : Fault::kDamaged;
      const auto result = store.failed ? writer.Recover() : writer.Sync();
      if (result) RC_ASSERT(store.synced == RowsOf(fleet));
    }
  }
  store.fault = Fault::kNone;
  RC_ASSERT((store.failed ? writer.Recover() : writer.Sync()).has_value());
  RC_ASSERT(store.synced == RowsOf(fleet));
}

}  // namespace
}  // namespace herd::journal
