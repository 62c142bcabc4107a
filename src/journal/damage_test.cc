// What a journal keeps when its files are damaged, and that it says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "journal/load.h"
#include "journal/log_scan.h"
#include "journal/table_scan.h"
#include "journal/testing.h"

namespace herd::journal {
namespace {

namespace fs = std::filesystem;

using testing::Folder;
using ::testing::HasSubstr;
using testing::Lines;
using testing::Report;
using testing::Rows;
using testing::RowsOf;
using testing::SettingsFor;
using testing::Synced;

constexpr int kClients = 12'000;
constexpr int kInLog = 4'000;  // of these; the others are in tables

// More than a block of 32 KiB has of these rows: each takes some 50 bytes.
constexpr std::size_t kRowsOfABlock = 700;
// Those of a batch of 256 KiB, and of the batches in the same 32 KiB of the log.
constexpr std::size_t kRowsOfABatch = 6'000;

std::string ContentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Write(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

// A journal as SIGKILL leaves it, with several tables and a log of many batches; its files at hand
// to be damaged again and again.
class Damage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    made_ = new Folder;
    Lines log;
    const fs::path directory = made_->path() / "open";
    auto store = RocksStore::Open(SettingsFor(directory, log));
    ASSERT_TRUE(store) << store.error();
    for (int i = 0; i < kClients; ++i) {
      const auto report = Report(i, i + 1);
      rows_[std::string(report.at().client)] = report.line();
      (*store)->Put(report.at().client, report.line());
      if (i % 250 != 249) continue;
      ASSERT_TRUE((*store)->Write());
      if (i % 2'000 != 1'999 || i >= kClients - kInLog) continue;
      // Puts what there is into a table.
      ASSERT_TRUE((*store)->Recover());
    }
    ASSERT_TRUE((*store)->Sync());
    fs::copy(directory, made_->path() / "Hands", fs::copy_options::recursive);
  }
  static void TearDownTestSuite() {
    delete made_;
    made_ = nullptr;
    rows_.clear();
  }

  static inline Folder* made_ = nullptr;
  static inline Rows rows_;

  std::mt19937_64 random_{20261127};
  Folder folder_;
  Lines log_;
  const fs::path directory_ = folder_.path() / "Hands";

  void MakeAnew() {
    fs::remove_all(folder_.path());
    fs::create_directories(folder_.path());
    fs::copy(made_->path() / "Hands", directory_, fs::copy_options::recursive);
  }

  static std::vector<fs::path> Files(const fs::path& directory, const std::string& extension) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().extension() == extension && fs::file_size(entry.path()) > 0)
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  std::size_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  // Flips a bit somewhere; returns the place.
  std::size_t Flip(std::string& content) {
    const std::size_t at = Below(content.size());
    content[at] = static_cast<char>(content[at] ^ (1 << Below(8)));
    return at;
  }

  // Collects rows and finds none that was not written.
  static TakeEntry Into(Rows& found) {
    return [&found](std::string_view client, std::string_view line) {
      const auto row = rows_.find(std::string(client));
      if (row == rows_.end()) return;  // of the meta family, or of the index
      EXPECT_EQ(row->second, line);
      found.emplace(client, line);
    };
  }

  struct Restarted {
    Rows rows;
    Status status;
  };
  Restarted Restart() {
    fleet::Fleet fleet;
    Journal journal({.store = SettingsFor(directory_, log_)}, fleet);
    const auto started = journal.Start();
    EXPECT_TRUE(started) << started.error();
    if (!started) return {};
    EXPECT_TRUE(Synced(journal));
    return {.rows = RowsOf(fleet), .status = journal.status()};
  }

  static std::size_t MissingIn(const Rows& rows) {
    for (const auto& [client, line] : rows) EXPECT_EQ(rows_.at(client), line);
    return rows_.size() - rows.size();
  }

  std::size_t Asides() const {
    std::size_t asides = 0;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      asides += entry.path().filename().string().contains(".damaged-") ? 1U : 0U;
    return asides;
  }
};

TEST_F(Damage, OfATableCostsABlock) {
  const auto tables = Files(made_->path() / "Hands", ".sst");
  ASSERT_GE(tables.size(), 3U);
  for (const fs::path& table : tables) {
    const std::string sound = ContentOf(table);
    Rows all;
    ScanTable(sound, Into(all));
    for (int i = 0; i < 200; ++i) {
      std::string content = sound;
      const std::size_t at = Flip(content);
      Rows found;
      ScanTable(content, Into(found));
      EXPECT_LE(all.size() - found.size(), kRowsOfABlock) << table << " at " << at;
    }
    // With the index, the footer and half of a block gone.
    Rows found;
    ScanTable(std::string_view(sound).substr(
                  0, sound.size() - std::min<std::size_t>(sound.size(), 20'000)),
              Into(found));
    EXPECT_LE(all.size() - found.size(), 2 * kRowsOfABlock);
  }
}

TEST_F(Damage, OfALogCostsABatchAndIsTold) {
  const auto logs = Files(made_->path() / "Hands", ".log");
  ASSERT_EQ(logs.size(), 1U);
  const std::string sound = ContentOf(logs[0]);
  Rows all;
  LogScan scan = ScanLog(sound, Into(all));
  EXPECT_FALSE(scan.damaged);
  EXPECT_FALSE(scan.torn);
  EXPECT_GE(all.size(), static_cast<std::size_t>(kInLog));
  for (int i = 0; i < 300; ++i) {
    std::string content = sound;
    const std::size_t at = Flip(content);
    Rows found;
    scan = ScanLog(content, Into(found));
    EXPECT_TRUE(scan.damaged || scan.torn) << at;
    EXPECT_TRUE(found.size() < all.size()) << at;
    EXPECT_LE(all.size() - found.size(), 1'000U) << at;
  }
}

TEST_F(Damage, OfALogIsNotWhatACrashLeaves) {
  const std::string sound = ContentOf(Files(made_->path() / "Hands", ".log")[0]);
  for (int i = 0; i < 300; ++i) {
    const std::string torn = sound.substr(0, Below(sound.size()));
    EXPECT_FALSE(ScanLog(torn, {}).damaged) << torn.size();
  }
  EXPECT_FALSE(ScanLog(sound + std::string(100'000, '\0'), {}).damaged);
  EXPECT_TRUE(ScanLog(sound + std::string(32'768, '\0') + sound, {}).damaged);
  // Where blocks begin, so that all checksums are right.
  const std::size_t zeros = 2 * 32'768 - sound.size() % 32'768;
  EXPECT_TRUE(ScanLog(sound + std::string(zeros, '\0') + sound, {}).damaged);
}

// Whichever file it is in.
TEST_F(Damage, OfOneBitCostsLittleAndIsNeverSilent) {
  for (int i = 0; i < 80; ++i) {
    MakeAnew();
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (entry.file_size() > 0) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    const fs::path file = files[static_cast<std::size_t>(i) % files.size()];
    std::string content = ContentOf(file);
    const std::size_t at = Flip(content);
    Write(file, content);
    const Restarted after = Restart();
    const std::size_t missing = MissingIn(after.rows);
    EXPECT_LE(missing, file.extension() == ".log" ? kRowsOfABatch : kRowsOfABlock)
        << file << " at " << at;
    // The end of a log may look as if it was torn.
    if (missing > 0 && file.extension() != ".log") {
      EXPECT_TRUE(after.status.loaded.damaged) << file << " at " << at;
    }
    EXPECT_EQ(after.status.loaded.damaged, Asides() == 1) << file << " at " << at;
    EXPECT_EQ(after.status.damages, Asides());
    // The next start is one like any other.
    const Restarted again = Restart();
    EXPECT_EQ(again.rows, after.rows) << file << " at " << at;
    EXPECT_FALSE(again.status.loaded.damaged) << file << " at " << at;
  }
}

TEST_F(Damage, ByAFileThatIsGoneCostsItsRowsOnly) {
  for (const std::string extension : {".sst", ".log", "MANIFEST", "CURRENT"}) {
    MakeAnew();
    std::size_t its_rows = 0;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      const fs::path& file = entry.path();
      if (!file.filename().string().contains(extension) || entry.file_size() == 0) continue;
      Rows found;
      if (extension == ".sst") ScanTable(ContentOf(file), Into(found));
      if (extension == ".log") ScanLog(ContentOf(file), Into(found));
      if (extension == ".sst" && found.empty()) continue;
      its_rows = found.size();
      fs::remove(file);
      break;
    }
    const Restarted after = Restart();
    EXPECT_LE(MissingIn(after.rows), its_rows) << extension;
    if (extension != ".log") {
      EXPECT_TRUE(after.status.loaded.damaged) << extension;
    }
  }
}

TEST_F(Damage, IsReadOnceMoreWhenTheStartThatReadItCameToNothing) {
  MakeAnew();
  Write(directory_ / "CURRENT", "nonsense\n");
  // Sets it aside and ends before anything of it is in the new journal.
  {
    ASSERT_TRUE(RocksStore::Open(SettingsFor(directory_, log_)));
  }
  EXPECT_EQ(Asides(), 1U);
  const Restarted after = Restart();
  EXPECT_EQ(MissingIn(after.rows), 0U);
  EXPECT_TRUE(after.status.loaded.damaged);
  EXPECT_THAT(after.status.set_aside, HasSubstr(".damaged-"));
  EXPECT_FALSE(Restart().status.loaded.damaged);
}

TEST_F(Damage, OfTheJournalOfAnotherBringsItsRowsToNobody) {
  MakeAnew();
  std::string log = ContentOf(Files(directory_, ".log")[0]);
  log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
  const std::string damaged = log;
  for (const std::string other : {"herd test", "server Hands"}) {
    MakeAnew();
    Write(Files(directory_, ".log")[0], damaged);
    fleet::Fleet fleet;
    StoreSettings settings = SettingsFor(directory_, log_);
    (other == "herd test" ? settings.herd : settings.server) = "another";
    Journal journal({.store = settings}, fleet);
    ASSERT_TRUE(journal.Start());
    EXPECT_EQ(fleet.size(), 0U) << other;
    EXPECT_THAT(log_.text(), HasSubstr("is of the journal of " + other));
  }
}

// As the keys that tell whose the journal is.
TEST_F(Damage, CostsNothingThoughClientsAreCalledHerdOrServer) {
  for (const std::string client : {"herd", "server"}) {
    auto store = RocksStore::Open(SettingsFor(directory_, log_));
    ASSERT_TRUE(store) << store.error();
    const testing::OwnedAt report("Hands", client, "+1+1", "1", testing::kNow);
    (*store)->Put(client, report.line());
    ASSERT_TRUE((*store)->Write());
    store->reset();
    Write(directory_ / "CURRENT", "nonsense\n");
    EXPECT_EQ(Restart().rows, (Rows{{client, report.line()}}));
    fs::remove_all(directory_);
  }
}

// Wherever the newest row of a client stands.
TEST_F(Damage, KeepsTheNewestOfExpiredRows) {
  {
    const fs::path open = folder_.path() / "open";
    auto store = RocksStore::Open(SettingsFor(open, log_));
    ASSERT_TRUE(store) << store.error();
    for (const auto& [client, time] : {std::pair(1, 1), {1, 2}, {2, 2}, {2, 1}}) {
      (*store)->Put("c" + std::to_string(client), Report(client, time).line());
      ASSERT_TRUE((*store)->Write());
    }
    fs::copy(open, directory_);  // as SIGKILL leaves it: with all of them in the log
  }
  Write(directory_ / "CURRENT", "nonsense\n");
  {
    fleet::Fleet fleet;
    fleet.SetHorizon({.rows = testing::kNow, .tombstones = testing::kNow});
    Journal journal({.store = SettingsFor(directory_, log_)}, fleet);
    ASSERT_TRUE(journal.Start());
    EXPECT_EQ(fleet.size(), 0U);
  }
  EXPECT_EQ(Restart().rows, (Rows{{"c1", Report(1, 2).line()}, {"c2", Report(2, 2).line()}}));
}

// When it comes after the look through all files.
TEST_F(Damage, OfWhicheverPartOfTheRowsIsFoundWhenTheyAreRead) {
  for (const std::size_t damaged : {0U, 1U}) {
    fs::remove_all(directory_);
    auto store = RocksStore::Open(SettingsFor(directory_, log_));
    ASSERT_TRUE(store) << store.error();
    for (const int first : {10'000, 20'000}) {
      for (int i = first; i < first + 3'000; ++i) {
        const auto report = Report(i, 1);
        (*store)->Put(report.at().client, report.line());
      }
      ASSERT_TRUE((*store)->Write());
      ASSERT_TRUE((*store)->Recover());  // puts them into a table
    }
    ASSERT_EQ((*store)->Divide(2).size(), 2U);
    std::vector<fs::path> tables;  // with rows
    for (const fs::path& table : Files(directory_, ".sst")) {
      if (fs::file_size(table) > 100'000) tables.push_back(table);
    }
    ASSERT_EQ(tables.size(), 2U);
    std::string content = ContentOf(tables[damaged]);
    const std::size_t at = content.size() * 2 / 3;
    content[at] = static_cast<char>(content[at] ^ 1);
    // In place: the database has it open.
    std::fstream(tables[damaged], std::ios::in | std::ios::out | std::ios::binary) << content;
    fleet::Fleet fleet;
    const auto loaded = Load(**store, fleet, 2, log_.say());
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_TRUE(loaded->damaged) << damaged;
    EXPECT_GE(fleet.size(), 3'000U);  // of the other
  }
}

TEST_F(Damage, KeepsExpiredRowsForAClockThatIsSetRight) {
  MakeAnew();
  Write(directory_ / "CURRENT", "nonsense\n");
  {
    fleet::Fleet fleet;
    fleet.SetHorizon({.rows = testing::kNow, .tombstones = testing::kNow});
    Journal journal({.store = SettingsFor(directory_, log_)}, fleet);
    ASSERT_TRUE(journal.Start());
    EXPECT_EQ(fleet.size(), 0U);
    EXPECT_EQ(journal.status().loaded.expired, rows_.size());
    EXPECT_TRUE(Synced(journal));
  }
  EXPECT_EQ(Restart().rows, rows_);
}

}  // namespace
}  // namespace herd::journal
