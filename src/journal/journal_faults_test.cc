// The journal on a disk that fails.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/journal.h"
#include "journal/testing.h"

namespace herd::journal {
namespace {

using testing::FaultyFileSystem;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Lines;
using testing::Report;
using testing::Rows;
using testing::RowsOf;
using testing::SettingsFor;
using testing::Synced;
using std::chrono_literals::operator""ms;
using Fault = FaultyFileSystem::Fault;

class JournalFaults : public ::testing::TestWithParam<Fault> {
 protected:
  Folder folder_;
  Lines log_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);

  Journal::Settings Settings() {
    return {.store = SettingsFor(folder_.path() / "Hands", log_, env_.get()),
            .retry_delay_min = 1ms,
            .retry_delay_max = 20ms};
  }

  std::unique_ptr<Journal> Start(fleet::Fleet& fleet) {
    auto journal = std::make_unique<Journal>(Settings(), fleet);
    const auto started = journal->Start();
    EXPECT_TRUE(started) << started.error();
    return journal;
  }

  static void WaitFor(const Journal& journal, Status::State state) {
    while (journal.status().state != state) std::this_thread::sleep_for(1ms);
  }

  // As a machine that loses its power: what the journal still does on its way out is not done.
  void CutPower(std::unique_ptr<Journal> journal) {
    disk_->Set(Fault::kPoweredOff);
    journal.reset();
    disk_->LoseUnsynced();
  }
};

TEST_P(JournalFaults, AreSurvivedWithoutLoss) {
  fleet::Fleet fleet;
  auto journal = Start(fleet);
  for (int i = 0; i < 100; ++i) fleet.Apply(Report(i, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(Synced(*journal));
  EXPECT_EQ(journal->status().state, Status::State::kOk);

  disk_->Set(GetParam());
  for (int i = 50; i < 150; ++i) fleet.Apply(Report(i, 2).at(), fleet::kFromClient);
  EXPECT_FALSE(Synced(*journal));
  Status status = journal->status();
  EXPECT_EQ(status.state, Status::State::kFailing);
  EXPECT_EQ(status.failing_since, testing::kNow);
  EXPECT_EQ(status.failures, 1U);
  EXPECT_THAT(status.last_error, HasSubstr("(a test's)"));
  EXPECT_THAT(log_.text(), HasSubstr("fails, reports are kept in memory only"));
  for (int i = 100; i < 200; ++i) fleet.Apply(Report(i, 3).at(), fleet::kFromClient);
  EXPECT_FALSE(Synced(*journal));

  disk_->Set(Fault::kNone);
  WaitFor(*journal, Status::State::kOk);
  EXPECT_TRUE(Synced(*journal));
  status = journal->status();
  EXPECT_EQ(status.changes_waiting, 0U);
  EXPECT_EQ(status.failing_since, std::nullopt);
  EXPECT_THAT(log_.text(), HasSubstr("works again"));

  CutPower(std::move(journal));
  fleet::Fleet restarted;
  Start(restarted);
  EXPECT_EQ(RowsOf(restarted), RowsOf(fleet));
  EXPECT_THAT(log_.text(), ::testing::Not(HasSubstr("set aside")));
}

INSTANTIATE_TEST_SUITE_P(All, JournalFaults,
                         ::testing::Values(Fault::kFull, Fault::kReadOnly, Fault::kSyncFails));

TEST_F(JournalFaults, ThatEndTheServerLoseOnlyWhatWasNotAcknowledged) {
  fleet::Fleet fleet;
  auto journal = Start(fleet);
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(Synced(*journal));
  disk_->Set(Fault::kFull);
  fleet.Apply(Report(2, 1).at(), fleet::kFromClient);
  ASSERT_FALSE(Synced(*journal));
  journal.reset();
  EXPECT_THAT(log_.text(), HasSubstr("ends with 1 changes that are not on the disk"));
  disk_->Set(Fault::kNone);
  fleet::Fleet restarted;
  Start(restarted);
  EXPECT_EQ(RowsOf(restarted), (Rows{{"c1", Report(1, 1).line()}}));
}

TEST_F(JournalFaults, SlowDisksKeepNobodyElseWaiting) {
  fleet::Fleet fleet;
  auto journal = Start(fleet);
  disk_->DelaySyncs(300ms);
  std::atomic<bool> answered = false;
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  journal->WhenSynced([&](bool) { answered = true; });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) fleet.Apply(Report(i, 2).at(), fleet::kFromClient);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms);
  EXPECT_FALSE(answered);
  EXPECT_TRUE(Synced(*journal));
  EXPECT_TRUE(answered);
  EXPECT_GE(journal->status().max_sync_time, 250ms);
}

// Reports from several threads, faults in between, and then the power goes: whatever was
// acknowledged is there afterwards, or something newer.
TEST_F(JournalFaults, AndCutsOfPowerLoseNoAcknowledgedRow) {
  constexpr int kRounds = 12;
  constexpr int kThreads = 3;
  const Fault faults[] = {Fault::kNone, Fault::kFull, Fault::kSyncFails, Fault::kReadOnly};
  std::vector<int> acknowledged(kThreads * 10, 0);  // the newest time by client
  std::vector<int> times(kThreads, 0);
  for (int round = 0; round < kRounds; ++round) {
    fleet::Fleet fleet;
    auto journal = Start(fleet);
    const Rows rows = RowsOf(fleet);
    for (int client = 0; client < kThreads * 10; ++client) {
      if (acknowledged[static_cast<std::size_t>(client)] == 0) continue;
      bool known = fleet.Find("c" + std::to_string(client), [&](const fleet::Row& row) {
        EXPECT_GE(row.receipt().value / 1'000'000'000,
                  acknowledged[static_cast<std::size_t>(client)]);
      });
      EXPECT_TRUE(known) << "client " << client << " in round " << round << "\n" << log_.text();
    }
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        while (!over) {
          const int time = ++times[static_cast<std::size_t>(t)];
          const int client = t * 10 + time % 10;
          fleet.Apply(Report(client, time).at(), fleet::kFromClient);
          if (time % 3 != 0 && Synced(*journal))
            acknowledged[static_cast<std::size_t>(client)] = time;
        }
      });
    }
    std::this_thread::sleep_for(15ms);
    disk_->Set(faults[round % 4]);
    std::this_thread::sleep_for(10ms);
    disk_->Set(Fault::kNone);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * (round % 3)));
    disk_->Set(Fault::kPoweredOff);
    over = true;
    threads.clear();
    CutPower(std::move(journal));
  }
  EXPECT_GT(*std::ranges::max_element(acknowledged), 0);
}

TEST_F(JournalFaults, KeepNoProcessorBusyThatWaitsToTakeHeldBackRows) {
  fleet::Fleet fleet;
  Journal::Settings settings = Settings();
  settings.retry_delay_min = settings.retry_delay_max = std::chrono::hours(1);
  Journal journal(settings, fleet);
  ASSERT_TRUE(journal.Start());
  disk_->Set(Fault::kFull);
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  ASSERT_FALSE(Synced(journal));
  journal.TakeHeldBack();
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 10);
  disk_->Set(Fault::kNone);
}

// What was read in a damaged journal is in the fleet only, until it is synced.
TEST_F(JournalFaults, AndACutOfPowerLoseNothingOfADamagedJournal) {
  fleet::Fleet fleet;
  auto journal = Start(fleet);
  for (int i = 0; i < 100; ++i) fleet.Apply(Report(i, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(Synced(*journal));
  journal.reset();
  std::ofstream(folder_.path() / "Hands/CURRENT") << "nonsense\n";
  Journal::Settings settings = Settings();
  settings.store.say = [this, say = log_.say()](Gravity gravity, const std::string& text) {
    say(gravity, text);
    // It has all been read.
    if (text.contains("could be read in the damaged journal")) disk_->Set(Fault::kSyncFails);
  };
  fleet::Fleet salvaged;
  journal = std::make_unique<Journal>(settings, salvaged);
  ASSERT_TRUE(journal->Start());
  WaitFor(*journal, Status::State::kFailing);
  CutPower(std::move(journal));
  fleet::Fleet restarted;
  Start(restarted);
  EXPECT_EQ(RowsOf(restarted), RowsOf(fleet));
}

// What is done to the files under an open journal; no error tells it.
class JournalFiles : public JournalFaults {
 protected:
  fleet::Fleet fleet_;
  std::unique_ptr<Journal> journal_;

  void SetUp() override {
    journal_ = Start(fleet_);
    for (int i = 0; i < 100; ++i) fleet_.Apply(Report(i, 1).at(), fleet::kFromClient);
    ASSERT_TRUE(Synced(*journal_));
  }

  // The next report is not acknowledged, all are on the disk soon, and the next start has them.
  void ExpectNoticedAndHealed(const std::string& said) {
    fleet_.Apply(Report(7, 2).at(), fleet::kFromClient);
    EXPECT_FALSE(Synced(*journal_));
    EXPECT_THAT(journal_->status().last_error, HasSubstr(said));
    ExpectHealed();
  }

  void ExpectHealed() {
    while (!Synced(*journal_)) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(journal_->status().state, Status::State::kOk);
    EXPECT_EQ(journal_->status().damages, 1U);
    CutPower(std::move(journal_));
    fleet::Fleet restarted;
    Start(restarted);
    EXPECT_EQ(RowsOf(restarted), RowsOf(fleet_));
  }

  std::filesystem::path directory() const { return folder_.path() / "Hands"; }
};

TEST_F(JournalFiles, ADirectoryThatIsDeletedIsMissed) {
  std::filesystem::remove_all(directory());
  ExpectNoticedAndHealed("is gone while it was in use");
}

TEST_F(JournalFiles, ADirectoryThatIsMovedAwayIsMissed) {
  std::filesystem::rename(directory(), folder_.path() / "elsewhere");
  ExpectNoticedAndHealed("is gone while it was in use");
}

TEST_F(JournalFiles, ADirectoryThatIsReplacedByACopyIsMissed) {
  std::filesystem::copy(directory(), folder_.path() / "copy");
  std::filesystem::remove_all(directory());
  std::filesystem::rename(folder_.path() / "copy", directory());
  ExpectNoticedAndHealed("has been replaced while it was in use");
}

TEST_F(JournalFiles, ALogThatIsDeletedIsMissed) {
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path().extension() == ".log") std::filesystem::remove(entry.path());
  }
  ExpectNoticedAndHealed("is gone while it was in use");
}

TEST_F(JournalFiles, ALogThatIsReplacedByACopyIsMissed) {
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path().extension() == ".log") log = entry.path();
  }
  std::filesystem::copy_file(log, folder_.path() / "copy");
  std::filesystem::rename(folder_.path() / "copy", log);
  ExpectNoticedAndHealed("has been replaced while it was in use");
}

// What is written next would make it as long as it was.
TEST_F(JournalFiles, ALogThatIsCutShortIsMissed) {
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    if (entry.path().extension() == ".log") std::filesystem::resize_file(entry.path(), 0);
  }
  ExpectNoticedAndHealed("has been cut short while it was in use");
}

TEST_F(JournalFiles, AnyOtherFileIsMissedWithoutReports) {
  CutPower(std::move(journal_));  // what is there goes to a table at the next start
  Journal::Settings settings = Settings();
  settings.look_interval = 20ms;
  {
    fleet::Fleet fleet;
    Journal journal(settings, fleet);
    ASSERT_TRUE(journal.Start());
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.path().extension() == ".sst") std::filesystem::remove(entry.path());
    }
    while (journal.status().damages == 0) std::this_thread::sleep_for(1ms);
    while (!Synced(journal)) std::this_thread::sleep_for(1ms);
    EXPECT_THAT(log_.text(), HasSubstr("is gone while it was in use"));
  }
  fleet::Fleet restarted;
  Start(restarted);
  EXPECT_EQ(RowsOf(restarted), RowsOf(fleet_));
}

TEST_F(JournalFaults, ADiskThatDoesNotAnswerKeepsNobodyWaiting) {
  fleet::Fleet fleet;
  Journal::Settings settings = Settings();
  settings.stall_timeout = 500ms;  // longer than a busy machine takes
  Journal journal(settings, fleet);
  ASSERT_TRUE(journal.Start());
  fleet.Apply(Report(1, 1).at(), fleet::kFromClient);
  ASSERT_TRUE(Synced(journal));
  disk_->Hang(true);
  fleet.Apply(Report(1, 2).at(), fleet::kFromClient);
  EXPECT_FALSE(Synced(journal));  // it was waited for
  EXPECT_EQ(journal.status().state, Status::State::kFailing);
  EXPECT_THAT(journal.status().last_error, HasSubstr("the disk has not answered for 0.5 s"));
  EXPECT_FALSE(Synced(journal));  // this is told at once
  disk_->Hang(false);
  while (!Synced(journal)) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(journal.status().state, Status::State::kOk);
  EXPECT_EQ(journal.status().failing_since, std::nullopt);
  EXPECT_EQ(journal.status().failures, 1U);
}

// As by RocksDB #11764: writes are stopped, and nothing lets them go on.
TEST_F(JournalFaults, AStopOfAllWritesEndsWhenItIsInterrupted) {
  auto store = RocksStore::Open(Settings().store);
  ASSERT_TRUE(store) << store.error();
  disk_->HangTables(true);
  std::atomic<bool> returned = false;
  std::expected<void, std::string> result;
  std::jthread writer([&] {
    // More than fits in memory while none of it can go to a file.
    for (int i = 0; result && i < 2'000; ++i) {
      for (int row = 0; row < 1'000; ++row)
        (*store)->Put("c" + std::to_string(i * 1'000 + row), std::string(200, 'x'));
      result = (*store)->Write();
    }
    returned = true;
  });
  while (!returned) {
    (*store)->Interrupt();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(result);
  disk_->HangTables(false);
  writer.join();
  EXPECT_TRUE((*store)->Recover());
  (*store)->Put("c1", "AT");
  EXPECT_TRUE((*store)->Write());
  EXPECT_TRUE((*store)->Sync());
}

}  // namespace
}  // namespace herd::journal
