#include "journal/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "journal/rocks_options.h"
#include "journal/testing.h"

namespace herd::journal {
namespace {

using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Lines;
using testing::Report;
using testing::Rows;
using testing::SettingsFor;

class RocksStoreTest : public ::testing::Test {
 protected:
  Folder folder_;
  Lines log_;
  const std::filesystem::path directory_ = folder_.path() / "Hands";

  StoreSettings Settings() { return SettingsFor(directory_, log_); }

  std::unique_ptr<RocksStore> Open() {
    auto store = RocksStore::Open(Settings());
    EXPECT_TRUE(store) << store.error();
    return store ? *std::move(store) : nullptr;
  }

  std::string WhyNot(const StoreSettings& settings) {
    const auto store = RocksStore::Open(settings);
    return store ? "opened" : store.error();
  }

  static Rows RowsOf(const RocksStore& store, std::size_t parts = 1) {
    Rows rows;
    for (const auto& range : store.Divide(parts)) {
      const auto end = store.Read(range, [&](std::string_view client, std::string_view line) {
        EXPECT_TRUE(rows.emplace(client, line).second) << client;
      });
      EXPECT_TRUE(end) << end.error();
      EXPECT_EQ(*end, RocksStore::ReadEnd::kAll);
    }
    return rows;
  }

  static void Write(RocksStore& store, const Rows& rows) {
    for (const auto& [client, line] : rows) store.Put(client, line);
    ASSERT_TRUE(store.Write());
    ASSERT_TRUE(store.Sync());
  }

  std::vector<std::string> Aside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.contains("damaged")) names.push_back(name);
    }
    return names;
  }
};

RC_GTEST_FIXTURE_PROP(RocksStoreTest, KeepsTheLastRowOfEachClient, ()) {
  const auto puts = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
      rc::gen::pair(rc::gen::container<std::string>(rc::gen::inRange('a', 'd')),
                    rc::gen::arbitrary<std::string>()));
  std::filesystem::remove_all(directory_);
  Rows expected;
  {
    const auto store = Open();
    for (const auto& [client, line] : puts) {
      store->Put(client, line);
      expected[client] = line;
      if (line.size() % 3 == 0) RC_ASSERT(store->Write().has_value());
    }
    RC_ASSERT(store->Write().has_value());
    RC_ASSERT(RowsOf(*store) == expected);
  }
  RC_ASSERT(RowsOf(*Open()) == expected);
}

TEST_F(RocksStoreTest, DividesItsRowsWithoutLossOrRepetition) {
  const auto store = Open();
  Rows rows;
  for (int round = 0; round < 8; ++round) {
    Rows some;
    for (int i = 0; i < 20'000; ++i) {
      const std::string client = "c" + std::to_string((i * 7919 + round * 20'011) % 200'000);
      some[client] = rows[client] =
          "AT Hands +0.000000000 " + client + " +1+1 " + std::to_string(i);
    }
    Write(*store, some);
    ASSERT_TRUE(store->Recover());  // puts the rows into a file
  }
  EXPECT_GE(store->Divide(4).size(), 2U);
  EXPECT_LE(store->Divide(4).size(), 4U);
  EXPECT_EQ(store->Divide(1).size(), 1U);
  EXPECT_EQ(RowsOf(*store, 4), rows);
}

TEST_F(RocksStoreTest, RefusesTheJournalOfAnotherServerOrHerd) {
  Open();
  StoreSettings other = Settings();
  other.server = "Welsh";
  EXPECT_EQ(WhyNot(other), "the journal " + directory_.string() +
                               " is that of server Hands of herd test, and this is server Welsh of "
                               "herd test");
  other = Settings();
  other.herd = "ucla";
  EXPECT_THAT(WhyNot(other), HasSubstr("is that of server Hands of herd test, and this is server "
                                       "Hands of herd ucla"));
  EXPECT_TRUE(Aside().empty());
}

// The database of a journal, opened past it.
class Database {
 public:
  explicit Database(const std::filesystem::path& directory,
                    const rocksdb::ColumnFamilyOptions& rows = {}) {
    rocksdb::DBOptions options;
    options.allow_concurrent_memtable_write = false;  // as the memtable of a journal wants it
    const auto status = rocksdb::DB::Open(options, directory.string(),
                                          {{"default", rows}, {"meta", {}}}, &families_, &db_);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  ~Database() {
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    delete db_;
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB* operator->() const { return db_; }
  rocksdb::ColumnFamilyHandle* meta() const { return families_[1]; }

 private:
  rocksdb::DB* db_ = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

TEST_F(RocksStoreTest, RefusesAFormatThatItDoesNotKnow) {
  Open();
  {
    const Database database(directory_);
    EXPECT_TRUE(database->Put({}, database.meta(), "format", "2").ok());
  }
  EXPECT_THAT(WhyNot(Settings()), HasSubstr("has format 2, and this herd knows format 1 only"));
  EXPECT_TRUE(Aside().empty());
}

TEST_F(RocksStoreTest, TakesAnEmptyJournalThatDoesNotTellWhoseItIsForANewOne) {
  Open();
  {
    const Database database(directory_);
    EXPECT_TRUE(database->Delete({}, database.meta(), "format").ok());
  }
  EXPECT_TRUE(RowsOf(*Open()).empty());
  EXPECT_TRUE(Aside().empty());
}

TEST_F(RocksStoreTest, TakesAFullOneThatDoesNotTellForADamagedOne) {
  Write(*Open(), {{"c1", "AT"}});
  {
    const Database database(directory_);
    EXPECT_TRUE(database->Delete({}, database.meta(), "format").ok());
  }
  EXPECT_TRUE(RowsOf(*Open()).empty());
  EXPECT_THAT(Aside(), ElementsAre("Hands.damaged-20261122T040829Z"));
}

TEST_F(RocksStoreTest, SetsADamagedJournalAsideAndSaysSo) {
  Write(*Open(), {{"c1", "AT"}});
  std::ofstream(directory_ / "CURRENT") << "nonsense\n";
  EXPECT_TRUE(RowsOf(*Open()).empty());
  EXPECT_THAT(Aside(), ElementsAre("Hands.damaged-20261122T040829Z"));
  EXPECT_THAT(log_.text(), HasSubstr("is damaged and has been set aside as"));
  EXPECT_TRUE(
      std::filesystem::exists(folder_.path() / "Hands.damaged-20261122T040829Z" / "CURRENT"));
}

TEST_F(RocksStoreTest, MissesAFileThatIsGone) {
  Write(*Open(), {{"c1", "AT"}});
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().extension() == ".sst") std::filesystem::remove(entry.path());
  }
  EXPECT_TRUE(RowsOf(*Open()).empty());
  EXPECT_EQ(Aside().size(), 1U);
}

TEST_F(RocksStoreTest, TakesASectorThatCannotBeReadForDamage) {
  Write(*Open(), {{"c1", "AT"}});
  const auto disk = std::make_shared<testing::FaultyFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(disk);
  std::string table;  // the newest, with rows
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().extension() == ".sst")
      table = std::max(table, entry.path().filename().string());
  }
  disk->FailReadsOf(table);
  StoreSettings settings = Settings();
  settings.env = env.get();
  EXPECT_EQ(WhyNot(settings), "opened");
  EXPECT_EQ(Aside().size(), 1U);
}

TEST_F(RocksStoreTest, MissesTheFileWithoutWhichNothingCanBeRead) {
  Write(*Open(), {{"c1", "AT"}});
  std::filesystem::remove(directory_ / "CURRENT");
  EXPECT_TRUE(RowsOf(*Open()).empty());
  EXPECT_EQ(Aside().size(), 1U);
}

// Whenever it happens.
TEST_F(RocksStoreTest, MissesTheRestOfALogThatIsCutShort) {
  const auto logs = [&] {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().extension() == ".log") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  };
  const auto cut = [](const std::filesystem::path& log) {
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
  };
  const auto store = Open();
  Write(*store, {{"c1", "AT"}});
  cut(logs().back());
  store->Put("c2", "AT");
  EXPECT_FALSE(store->Write()) << "before a write";
  EXPECT_EQ(store->Recover(), Recovered::kEmpty);

  store->Put("c1", "AT");
  ASSERT_TRUE(store->Write());
  cut(logs().back());
  EXPECT_FALSE(store->Sync()) << "before a sync";
  EXPECT_EQ(store->Recover(), Recovered::kEmpty);

  Write(*store, {{"c1", "AT"}});
  cut(logs().back());
  EXPECT_FALSE(store->CheckFiles()) << "while nothing is written";
  EXPECT_EQ(store->Recover(), Recovered::kEmpty);
  EXPECT_EQ(store->damages(), 3U);
}

// As they come and go: RocksDB begins a new one now and then, and removes those that it has put
// into tables.
TEST_F(RocksStoreTest, FindsNothingWrongWithLogsThatChange) {
  const auto store = Open();
  for (int i = 0; i < 1'000; ++i) {
    for (int row = 0; row < 10; ++row) {
      store->Put("c" + std::to_string(i * 10 + row), std::string(4'000, 'x'));
    }
    ASSERT_TRUE(store->Write());
    if (i % 10 == 0) {
      ASSERT_TRUE(store->WriteClock(testing::kNow));
    }
    if (i % 7 == 0) {
      ASSERT_TRUE(store->Sync());
    }
    if (i % 13 == 0) {
      ASSERT_TRUE(store->CheckFiles());
    }
  }
}

TEST_F(RocksStoreTest, LeavesWhatIsNotItsOwnAlone) {
  std::filesystem::create_directory(directory_);
  std::ofstream(directory_ / "thesis.tex") << "x";
  EXPECT_THAT(WhyNot(Settings()), HasSubstr("is not empty and holds no journal"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "thesis.tex"));
}

TEST_F(RocksStoreTest, IsForOneProcessAtATime) {
  const auto store = Open();
  EXPECT_THAT(WhyNot(Settings()), HasSubstr("is in use by another process"));
  EXPECT_TRUE(Aside().empty());
}

TEST_F(RocksStoreTest, LeavesExpiredRowsOutWhenFilesAreRewritten) {
  Rows rows;
  for (int i = 0; i < 10; ++i) rows["c" + std::to_string(i)] = Report(i, i).line();
  Write(*Open(), rows);
  {
    const auto filter = std::make_shared<ExpiryFilterFactory>(
        [] { return fleet::Horizon{.rows = {5'000'000'000}, .tombstones = {0}}; });
    Database database(directory_, RowsOptions(filter));
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    EXPECT_TRUE(database->CompactRange(all, nullptr, nullptr).ok());
  }
  for (int i = 0; i < 5; ++i) rows.erase("c" + std::to_string(i));
  EXPECT_EQ(RowsOf(*Open()), rows);
}

}  // namespace
}  // namespace herd::journal
