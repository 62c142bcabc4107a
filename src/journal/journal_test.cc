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

// What a fleet has no room for, or does not believe, stays where it is for a later start.
TEST_F(JournalTest, LeavesWhatTheFleetRefuses) {
  Rows all;
  {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    for (int client = 0; client < 10; ++client)
      fleet.Apply(Report(client, 1000).at(), fleet::kFromClient);
    fleet.Apply(Report(77, 2000).at(), fleet::kFromClient);
    fleet.Apply(OwnedAt("Nobody", "x", "+1+1", "1000", {}).at(), fleet::kFromClient);
    all = RowsOf(fleet);
  }
  {
    fleet::Fleet fleet({}, {.rows = 4,
                            .servers = {"Hands"},
                            .clock = [] { return wire::UnixNanos{1'000'000'000'000}; },
                            .receipt_ahead = std::chrono::minutes(5)});
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    EXPECT_EQ(fleet.usage().rows, 4U);
    const Loaded loaded = journal.status().loaded;
    EXPECT_EQ(loaded.rows, 4U);
    EXPECT_EQ(loaded.full, 6U);
    EXPECT_EQ(loaded.ahead, 1U);
    EXPECT_EQ(loaded.unknown_servers, 1U);
    EXPECT_THAT(log_.text(),
                HasSubstr("6 rows of the journal were not taken and stay on the disk"));
  }
  EXPECT_EQ(Restarted(), all);
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
    (*store)->Put("c3\xff", "no AT\x1b line");
    ASSERT_TRUE((*store)->Write());
  }
  fleet::Fleet fleet;
  Journal journal(Settings(), fleet);
  ASSERT_TRUE(journal.Start());
  EXPECT_EQ(journal.status().loaded.bad, 2U);
  EXPECT_EQ(RowsOf(fleet), (Rows{{"c1", Report(1, 1).line()}}));
  EXPECT_THAT(log_.text(), HasSubstr("c3\\xff: no AT\\x1b line"));
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

// A journal of a server whose clock is ahead at a start.
class WrongClock : public JournalTest {
 protected:
  static constexpr auto kDay = std::chrono::hours(24);

  // Days after kNow, by the system's clock; and whether it is waited for that it is remembered.
  wire::UnixNanos now_ = testing::kNow;
  ClockGuard clock_{kDay, testing::kNow, SteadyTime()};
  fleet::Fleet fleet_;

  void SetDays(int days) {
    now_ = {testing::kNow.value + std::chrono::nanoseconds(days * kDay).count()};
    fleet_.SetHorizon(HorizonNow());
  }
  // Rows live for a week.
  fleet::Horizon HorizonNow() const {
    const std::int64_t week = std::chrono::nanoseconds(7 * kDay).count();
    return {.rows = {now_.value - week}, .tombstones = {now_.value - 2 * week}};
  }

  std::unique_ptr<Journal> Start(bool confirmed = false, rocksdb::Env* env = nullptr) {
    Journal::Settings settings = Settings(env);
    settings.retry_delay_max = 20ms;
    settings.store.now = [this] { return now_; };
    settings.clock = &clock_;
    settings.clock_confirmed = confirmed;
    auto journal = std::make_unique<Journal>(settings, fleet_);
    const auto started = journal->Start();
    EXPECT_TRUE(started) << started.error();
    return journal;
  }

  void MakeJournal() {
    fleet::Fleet fleet;
    Journal::Settings settings = Settings();
    ClockGuard clock(kDay, testing::kNow, SteadyTime());
    settings.clock = &clock;
    Journal journal(settings, fleet);
    ASSERT_TRUE(journal.Start());
    for (int i = 0; i < 10; ++i) {
      OwnedAt report("Hands", "c" + std::to_string(i), "+1+1", std::to_string(i), testing::kNow);
      fleet.Apply(report.at(), fleet::kFromClient);
    }
  }
};

TEST_F(WrongClock, HoldsRowsBackUntilItIsRight) {
  MakeJournal();
  SetDays(8);
  {
    const auto journal = Start();
    EXPECT_EQ(fleet_.size(), 0U);
    EXPECT_EQ(journal->status().held_back, 10U);
    EXPECT_EQ(clock_.state(), ClockGuard::State::kAheadAtStart);
    EXPECT_THAT(log_.text(), HasSubstr("10 rows seem to have expired by it. They are held back"));
  }
  // A second start is not told that the clock was believed.
  {
    const auto journal = Start();
    EXPECT_EQ(journal->status().held_back, 10U);
    SetDays(0);
    clock_.Look(now_, SteadyTime());
    journal->TakeHeldBack();
    while (journal->status().held_back > 0) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(fleet_.size(), 10U);
  }
  EXPECT_EQ(Restarted().size(), 10U);
}

TEST_F(WrongClock, HasHeldBackRowsTakenOnceTheDiskWorksAgain) {
  MakeJournal();
  SetDays(8);
  const auto disk = std::make_shared<FaultyFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  const auto journal = Start(false, env.get());
  ASSERT_EQ(journal->status().held_back, 10U);
  disk->Set(FaultyFileSystem::Fault::kFull);
  OwnedAt report("Hands", "new", "+1+1", "1", now_);
  fleet_.Apply(report.at(), fleet::kFromClient);
  ASSERT_FALSE(Synced(*journal));
  SetDays(0);
  clock_.Look(now_, SteadyTime());
  journal->TakeHeldBack();
  EXPECT_FALSE(Synced(*journal));  // by now it knows that it is to take them
  disk->Set(FaultyFileSystem::Fault::kNone);
  while (journal->status().held_back > 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(fleet_.size(), 11U);
}

TEST_F(WrongClock, IsNoticedByTheRowsOfADamagedJournal) {
  MakeJournal();
  SetDays(8);
  std::ofstream(directory_ / "CURRENT") << "nonsense\n";
  EXPECT_EQ(Start()->status().held_back, 10U);
  EXPECT_EQ(clock_.state(), ClockGuard::State::kAheadAtStart);
}

TEST_F(WrongClock, IsHeldAgainstTheTimeOfTheLastEnd) {
  auto journal = Start();
  const std::chrono::nanoseconds later = std::chrono::hours(30);
  const wire::UnixNanos end{testing::kNow.value + later.count()};
  clock_.Look(end, SteadyTime() + later);
  journal->Stop();
  journal.reset();
  const auto store = RocksStore::Open(SettingsFor(directory_, log_));
  ASSERT_TRUE(store) << store.error();
  EXPECT_GE((*store)->ReadClock(), end);
}

TEST_F(WrongClock, HoldsNothingBackWhenItIsConfirmed) {
  MakeJournal();
  SetDays(8);
  const auto journal = Start(true);
  EXPECT_EQ(fleet_.size(), 0U);
  EXPECT_EQ(journal->status().held_back, 0U);
  EXPECT_EQ(journal->status().loaded.expired, 10U);
  EXPECT_EQ(clock_.state(), ClockGuard::State::kBelieved);
}

TEST_F(WrongClock, IsNoticedByTheRowsOfAJournalThatRemembersNone) {
  {
    fleet::Fleet fleet;
    Journal journal(Settings(), fleet);
    ASSERT_TRUE(journal.Start());
    fleet.Apply(OwnedAt("Hands", "c", "+1+1", "1", testing::kNow).at(), fleet::kFromClient);
  }
  SetDays(8);
  EXPECT_EQ(Start()->status().held_back, 1U);
}

TEST_F(WrongClock, RemovesNothingFromFilesThatAreRewritten) {
  MakeJournal();
  SetDays(8);
  {
    Journal::Settings settings = Settings();
    settings.store.now = [this] { return now_; };
    settings.store.rewrite_age = std::chrono::seconds(1);
    settings.rewrite_interval = 10ms;
    settings.clock = &clock_;
    Journal journal(settings, fleet_);
    ASSERT_TRUE(journal.Start());
    const auto files = [&] {
      std::string names;
      for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        if (entry.path().extension() == ".sst") names += entry.path().filename().string();
      }
      return names;
    };
    const std::string before = files();
    while (files() == before) std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(Restarted().size(), 10U);
}

}  // namespace
}  // namespace herd::journal
