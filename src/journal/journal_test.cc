#include "journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "journal/testing.h"

namespace herd::journal {
namespace {

using fleet::testing::AnyReport;
using testing::FaultyFileSystem;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Lines;
using testing::OwnedAt;
using testing::Report;
using testing::Rows;
using testing::RowsOf;
using testing::SettingsFor;
using testing::Synced;
using std::chrono_literals::operator""ms;

class JournalTest : public ::testing::Test {
 protected:
  Folder folder_;
  Lines log_;
  const std::filesystem::path directory_ = folder_.path() / "Hands";

  Journal::Settings Settings(rocksdb::Env* env = nullptr) {
    return {.store = SettingsFor(directory_, log_, env)};
  }

  // What a journal brings back.
  Rows Restarted() {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    const auto started = journal.Start();
    EXPECT_TRUE(started) << started.error();
    return RowsOf(fleet);
  }
};

RC_GTEST_FIXTURE_PROP(JournalTest, BringsBackTheFleet, ()) {
  std::filesystem::remove_all(directory_);
  Rows rows;
  for (int start = 0; start < 3; ++start) {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    RC_ASSERT(journal.Start().has_value());
    RC_ASSERT(RowsOf(fleet) == rows);
    const auto reports = *rc::gen::container<std::vector<OwnedAt>>(AnyReport());
    for (const OwnedAt& report : reports) fleet.Apply(report.at(), fleet::kFromClient);
    rows = RowsOf(fleet);
  }
  RC_ASSERT(Restarted() == rows);
}

TEST_F(JournalTest, BringsBackTombstones) {
  {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    wire::ForgetTexts texts;
    fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
    fleet.Apply(wire::MakeForget("c1", "Hands", testing::kNow, testing::kNow, texts),
                fleet::kFromClient);
  }
  fleet::Fleet fleet;
  Journal journal(Settings(), fleet);
  ASSERT_TRUE(journal.Start());
  EXPECT_EQ(fleet.size(), 0U);
  EXPECT_EQ(RowsOf(fleet).size(), 1U);
  EXPECT_EQ(fleet.Apply(Report(1, 2).at(), fleet::kFromClient), fleet::Applied::kOlder);
}

TEST_F(JournalTest, LeavesExpiredRowsBehindAndRemovesNoneOfThem) {
  {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    for (int i = 0; i < 10; ++i) fleet.Apply(Report(i, i).at(), fleet::kFromClient);
  }
  {
    fleet::Fleet fleet;
    fleet.SetHorizon({.rows = {5'000'000'000}, .tombstones = {0}});
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    EXPECT_EQ(fleet.size(), 5U);
    EXPECT_EQ(journal.status().loaded.rows, 5U);
    EXPECT_EQ(journal.status().loaded.expired, 5U);
  }
  EXPECT_EQ(Restarted().size(), 10U);
}

TEST_F(JournalTest, CountsBadRowsAndGoesOn) {
  {
    Lines log;
    auto store = RocksStore::Open(SettingsFor(directory_, log));
    ASSERT_TRUE(store) << store.error();
    (*store)->Put("c1", Report(1, 1).line());
    (*store)->Put("c2", Report(1, 1).line());
    (*store)->Put("c3", "no AT line");
    ASSERT_TRUE((*store)->Write());
  }
  fleet::Fleet fleet;
  Journal journal(Settings(), fleet);
  ASSERT_TRUE(journal.Start());
  EXPECT_EQ(journal.status().loaded.bad, 2U);
  EXPECT_EQ(RowsOf(fleet), (Rows{{"c1", Report(1, 1).line()}}));
  EXPECT_THAT(log_.text(), HasSubstr("c3: no AT line"));
}

TEST_F(JournalTest, AnswersOnceAllBeforeIsOnTheDisk) {
  fleet::Fleet fleet;
  Journal journal(Settings(), fleet);
  ASSERT_TRUE(journal.Start());
  EXPECT_TRUE(Synced(journal));  // there was nothing to do
  for (int i = 0; i < 10; ++i) {
    fleet.Apply(Report(i, 1).at(), fleet::kFromClient);
    EXPECT_TRUE(Synced(journal));
    const Status status = journal.status();
    EXPECT_EQ(status.changes_waiting, 0U);
    EXPECT_EQ(status.syncs, static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(status.rows_written, static_cast<std::uint64_t>(i) + 1);
  }
}

TEST_F(JournalTest, ManyWhoWaitShareASync) {
  const auto disk = std::make_shared<FaultyFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  fleet::Fleet fleet;
  Journal journal(Settings(env.get()), fleet);
  ASSERT_TRUE(journal.Start());
  disk->DelaySyncs(5ms);
  constexpr int kThreads = 8;
  constexpr int kReports = 50;
  std::atomic<int> durable = 0;
  {
    std::vector<std::jthread> clients;
    for (int t = 0; t < kThreads; ++t) {
      clients.emplace_back([&, t] {
        for (int i = 0; i < kReports; ++i) {
          fleet.Apply(Report(t, i + 1).at(), fleet::kFromClient);
          durable += Synced(journal) ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(durable, kThreads * kReports);
  // Each thread waits for one sync, or two when it came just after one had begun.
  EXPECT_LE(journal.status().syncs, 3U * kReports);
}

TEST_F(JournalTest, SyncsByItselfWhatNobodyWaitsFor) {
  fleet::Fleet fleet;
  Journal::Settings settings = Settings();
  settings.sync_interval = 20ms;
  Journal journal(settings, fleet);
  ASSERT_TRUE(journal.Start());
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  while (journal.status().syncs == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(journal.status().changes_waiting, 0U);
}

// Between two turns of the stripes lie ten seconds.
constexpr std::chrono::milliseconds kSeldom{640'000};

TEST_F(JournalTest, WritesOnceWhatChangesOftenAndNobodyWaitsFor) {
  fleet::Fleet fleet;
  Journal::Settings settings = Settings();
  settings.write_interval = kSeldom;
  Journal journal(settings, fleet);
  ASSERT_TRUE(journal.Start());
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  while (journal.status().rows_written == 0) std::this_thread::sleep_for(1ms);
  for (int time = 2; time < 1000; ++time) fleet.Apply(Report(1, time).at(), fleet::kFromClient);
  EXPECT_EQ(journal.status().rows_written, 1U);
  EXPECT_TRUE(Synced(journal));
  EXPECT_EQ(journal.status().rows_written, 2U);
}

TEST_F(JournalTest, SyncsInTimeWhatIsWrittenThoughTheNextHasToWait) {
  fleet::Fleet fleet;
  Journal::Settings settings = Settings();
  settings.write_interval = kSeldom;
  settings.sync_interval = 500ms;
  Journal journal(settings, fleet);
  ASSERT_TRUE(journal.Start());
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  while (journal.status().rows_written == 0) std::this_thread::sleep_for(1ms);
  fleet.Apply(Report(1, 2).at(), fleet::kFromClient);
  while (journal.status().syncs == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(journal.status().rows_written, 1U);
}

TEST_F(JournalTest, AnswersAllBeforeItEnds) {
  fleet::Fleet fleet;
  auto journal = std::make_unique<Journal>(Settings(), fleet);
  ASSERT_TRUE(journal->Start());
  std::atomic<int> durable = 0;
  for (int i = 0; i < 100; ++i) {
    fleet.Apply(Report(i, 1).at(), fleet::kFromClient);
    journal->WhenSynced([&](bool yes) { durable += yes ? 1 : 0; });
  }
  journal->Stop();
  EXPECT_EQ(durable, 100);
  bool answered = false;
  journal->WhenSynced([&](bool yes) { answered = !yes; });
  EXPECT_TRUE(answered);
}

TEST_F(JournalTest, SaysWhyItCannotStart) {
  std::ofstream(folder_.path() / "file") << "x";
  Journal::Settings settings = Settings();
  settings.store.directory = folder_.path() / "file/Hands";
  fleet::Fleet fleet;
  Journal journal(settings, fleet);
  const auto started = journal.Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace herd::journal
