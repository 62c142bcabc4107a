// What RocksDB's compactions do to rows, and that it is noticed when they lose some.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <expected>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "journal/rocks_options.h"
#include "journal/rocks_store.h"
#include "journal/testing.h"

namespace herd::journal {
namespace {

using testing::FaultyFileSystem;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Lines;
using testing::Report;
using testing::SettingsFor;
using std::chrono_literals::operator""ms;

// A database with the options of a journal.
class Compaction : public ::testing::Test {
 protected:
  Folder folder_;
  Lines log_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  const std::shared_ptr<FaultListener> listener_ = std::make_shared<FaultListener>();
  fleet::Horizon horizon_;
  std::unique_ptr<rocksdb::DB> db_;

  void SetUp() override { MakeAnew(); }

  void MakeAnew() {
    db_.reset();
    std::filesystem::remove_all(folder_.path() / "db");
    listener_->Forget();
    rocksdb::Options options(
        DatabaseOptions(env_.get(), std::make_shared<WarningLog>(log_.say()), listener_),
        RowsOptions(std::make_shared<ExpiryFilterFactory>([this] { return horizon_; })));
    options.create_if_missing = true;
    // Several files of few rows.
    options.target_file_size_base = 128 * 1024;
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, (folder_.path() / "db").string(), &db);
    ASSERT_TRUE(status.ok()) << status.ToString();
    db_.reset(db);
  }

  void PutRows(int first, int end, int time) {
    rocksdb::WriteBatch batch;
    for (int i = first; i < end; ++i) {
      const auto report = Report(i, time);
      batch.Put(std::string(report.at().client), report.line());
    }
    ASSERT_TRUE(db_->Write({}, &batch).ok());
    ASSERT_TRUE(db_->Flush({}).ok());
  }

  void Compact() {
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    const auto status = db_->CompactRange(all, nullptr, nullptr);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  std::size_t Rows() {
    std::size_t rows = 0;
    const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator({}));
    for (row->SeekToFirst(); row->Valid(); row->Next()) ++rows;
    return rows;
  }

  // Those of the lowest level, by their keys.
  std::vector<std::string> LowestFiles() {
    std::vector<rocksdb::LiveFileMetaData> files;
    db_->GetLiveFilesMetaData(&files);
    std::erase_if(files, [](const auto& file) { return file.level == 0; });
    std::ranges::sort(files, {}, &rocksdb::LiveFileMetaData::smallestkey);
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.name);
    return names;
  }
};

TEST_F(Compaction, ThatDropsWhatItShouldIsNoFault) {
  PutRows(0, 20'000, 10);
  PutRows(5'000, 25'000, 20);
  ASSERT_TRUE(db_->Delete({}, "c7").ok());
  ASSERT_TRUE(db_->Delete({}, "nobody").ok());
  ASSERT_TRUE(db_->Flush({}).ok());
  Compact();
  EXPECT_EQ(Rows(), 24'999U);
  EXPECT_EQ(listener_->fault(), std::nullopt);
  PutRows(3'000, 6'000, 30);
  horizon_.rows = {15'000'000'000};
  Compact();
  EXPECT_EQ(Rows(), 22'000U);
  EXPECT_EQ(listener_->fault(), std::nullopt);
  EXPECT_FALSE(listener_->rows_doubtful());
}

// The start of a file of the lowest level, whichever it is. By RocksDB #11782 all of the file could
// be left out; without range deletions, which a journal has none of, 7.8.3 has not been seen to.
TEST_F(Compaction, ThatCannotReadAFileIsNoticed) {
  for (const bool others : {false, true}) {
    for (std::size_t i = 0; i < 3; ++i) {
      MakeAnew();
      PutRows(0, 20'000, 10);
      Compact();
      const auto files = LowestFiles();
      ASSERT_GE(files.size(), 3U);
      if (others) PutRows(0, 20'000, 20);
      disk_->FailReadsOf(files[i]);
      rocksdb::CompactRangeOptions all;
      all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
      const auto status = db_->CompactRange(all, nullptr, nullptr);
      disk_->FailReadsOf("");
      if (Rows() < 20'000) {
        EXPECT_TRUE(listener_->rows_doubtful());
      } else {
        EXPECT_FALSE(status.ok());
      }
    }
  }
}

TEST_F(Compaction, ThatBringsOutLessThanWentInIsAFault) {
  const auto properties = [](std::uint64_t entries) {
    auto made = std::make_shared<rocksdb::TableProperties>();
    made->num_entries = entries;
    return made;
  };
  rocksdb::CompactionJobInfo job;
  job.input_files = {"1.sst", "2.sst"};
  job.output_files = {"3.sst"};
  job.table_properties = {{"1.sst", properties(100)}, {"2.sst", properties(50)}};
  job.stats.num_output_records = 120;
  job.stats.num_records_replaced = 20;
  job.stats.num_expired_deletion_records = 10;
  listener_->OnCompactionCompleted(nullptr, job);
  EXPECT_EQ(listener_->fault(), std::nullopt);
  job.stats.num_output_records = 80;
  EXPECT_EQ(RowsLostBy(job), 40U);
  listener_->OnCompactionCompleted(nullptr, job);
  EXPECT_THAT(listener_->fault().value_or(""), HasSubstr("a compaction has lost 40 rows"));
  EXPECT_TRUE(listener_->rows_doubtful());
}

// Its journal: what the compaction could not read has to be written again.
TEST(RocksStoreCompaction, ThatFindsDamageLeavesRowsInDoubt) {
  const Folder folder;
  Lines log;
  const std::filesystem::path directory = folder.path() / "Hands";
  auto store = RocksStore::Open(SettingsFor(directory, log));
  ASSERT_TRUE(store) << store.error();
  const auto put_table = [&](int table) {
    for (int i = 0; i < 2'000; ++i) {
      const auto report = Report(i, table + 1);
      (*store)->Put(report.at().client, report.line());
    }
    ASSERT_TRUE((*store)->Write());
    EXPECT_EQ((*store)->Recover(), Recovered::kRows);  // puts them into a table
  };
  put_table(0);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 20'000) continue;
    // In place, and in a block of rows.
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(10'000) << "damage";
  }
  // So many that they are merged.
  for (int table = 1; table < 8; ++table) put_table(table);
  std::expected<void, std::string> written;
  while (written) {
    std::this_thread::sleep_for(10ms);
    (*store)->Put("c1", Report(1, 100).line());
    written = (*store)->Write();
  }
  EXPECT_EQ((*store)->Recover(), Recovered::kEmpty);
}

TEST(RocksStoreRewrite, HasOldFilesOfAQuietJournalRewritten) {
  const Folder folder;
  Lines log;
  StoreSettings settings = SettingsFor(folder.path() / "Hands", log);
  settings.rewrite_age = std::chrono::seconds(1);
  settings.horizon = [] { return fleet::Horizon{.rows = {5'000'000'000}, .tombstones = {0}}; };
  auto store = RocksStore::Open(settings);
  ASSERT_TRUE(store) << store.error();
  for (int i = 0; i < 10; ++i) (*store)->Put("c" + std::to_string(i), Report(i, i).line());
  ASSERT_TRUE((*store)->Write());
  ASSERT_TRUE((*store)->Recover());  // puts them into a file
  const auto rows = [&] {
    std::size_t count = 0;
    for (const auto& range : (*store)->Divide(1))
      EXPECT_TRUE((*store)->Read(range, [&](auto, auto) { ++count; }));
    return count;
  };
  EXPECT_EQ(rows(), 10U);
  while (rows() > 5) {
    ASSERT_TRUE((*store)->RewriteOld());
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace
}  // namespace herd::journal
