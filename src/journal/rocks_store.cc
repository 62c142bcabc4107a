#include "journal/rocks_store.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/transaction_log.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "journal/directory.h"
#include "journal/salvage.h"

namespace herd::journal {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

// The families and the keys of the meta family: docs/journal.md.
constexpr const char* kMetaFamily = "meta";
constexpr const char* kFormatKey = "format";
constexpr const char* kHerdKey = "herd";
constexpr const char* kServerKey = "server";
constexpr const char* kClockKey = "clock";
constexpr std::string_view kFormat = "1";

Slice ToSlice(std::string_view text) {
  return {text.data(), text.size()};
}

// While it is there, `watch` knows of it; unless it is null.
class Watched {
 public:
  explicit Watched(StallWatch* watch) : watch_(watch) {
    if (watch_ != nullptr) watch_->Begin();
  }
  ~Watched() {
    if (watch_ != nullptr) watch_->End();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  StallWatch* const watch_;
};

}  // namespace

RocksStore::RocksStore(StoreSettings settings)
    : settings_(std::move(settings)),
      warnings_(std::make_shared<WarningLog>(settings_.say)),
      listener_(std::make_shared<FaultListener>()) {}

std::expected<std::unique_ptr<RocksStore>, std::string> RocksStore::Open(StoreSettings settings) {
  auto store = std::unique_ptr<RocksStore>(new RocksStore(std::move(settings)));
  const auto opened = store->OpenOrSetAside(Verify::kYes);
  if (!opened) return std::unexpected(opened.error());
  return store;
}

RocksStore::~RocksStore() {
  if (db_ && !listener_->fault()) db_->Flush(rocksdb::FlushOptions(), rows_);
  Close();
}

void RocksStore::Close() {
  if (!db_) return;
  watch_.reset();
  const std::lock_guard lock(db_mutex_);
  for (rocksdb::ColumnFamilyHandle* family : {rows_, meta_}) {
    if (family != nullptr) db_->DestroyColumnFamilyHandle(family);
  }
  rows_ = nullptr;
  meta_ = nullptr;
  db_.reset();
}

void RocksStore::Put(std::string_view client, std::string_view at_line) {
  places_.push_back(
      {.start = texts_.size(), .client_size = client.size(), .line_size = at_line.size()});
  texts_.append(client).append(at_line);
}

std::expected<void, std::string> RocksStore::Check(const Status& status) const {
  if (!status.ok()) return std::unexpected(status.ToString());
  if (auto fault = listener_->fault()) return std::unexpected(*std::move(fault));
  if (interrupted_) return std::unexpected(std::string("it was interrupted"));
  return {};
}

std::expected<void, std::string> RocksStore::Write() {
  // In the order of their keys: what is in order in parts is put in order sooner (RowsOptions).
  // Stable, so that the later of two rows of a client is written later.
  const std::string_view texts = texts_;
  const auto client_of = [&](const Place& place) {
    return texts.substr(place.start, place.client_size);
  };
  std::ranges::stable_sort(places_, {}, client_of);
  rocksdb::WriteBatch batch(texts_.size() + places_.size() * 8);
  for (const Place& place : places_) {
    // Fails only for a batch of 4 GiB.
    batch.Put(ToSlice(client_of(place)),
              ToSlice(texts.substr(place.start + place.client_size, place.line_size)));
  }
  EmptyBatch();
  if (!db_) return std::unexpected(std::string("it is not open"));
  const Watched watched(stalls_);
  if (auto log = CheckLog(); !log) return log;
  if (auto written = Check(db_->Write(rocksdb::WriteOptions(), &batch)); !written) return written;
  return CheckLog();
}

void RocksStore::EmptyBatch() {
  texts_.clear();
  places_.clear();
}

std::expected<void, std::string> RocksStore::Sync() {
  if (!db_) return std::unexpected(std::string("it is not open"));
  const Watched watched(stalls_);
  if (auto synced = Check(db_->SyncWAL()); !synced) return synced;
  return CheckLog();
}

std::expected<void, std::string> RocksStore::CheckLog() {
  std::unique_ptr<rocksdb::LogFile> log;
  if (const Status found = db_->GetCurrentWalFile(&log); !found.ok())
    return Exchanged("its log is gone while it was in use: " + found.ToString());
  std::string wrong = watch_->Check(log->PathName().substr(1));
  if (!wrong.empty()) return Exchanged(std::move(wrong));
  return {};
}

std::unexpected<std::string> RocksStore::Exchanged(std::string what) {
  doubtful_ = true;
  return std::unexpected(std::move(what));
}

std::expected<void, std::string> RocksStore::CheckFiles() {
  if (!db_) return std::unexpected(std::string("it is not open"));
  if (auto log = CheckLog(); !log) return log;
  // One that was merged into others meanwhile is not listed any more.
  if (!MissingFile().empty()) {
    std::string missing = MissingFile();
    if (!missing.empty())
      return Exchanged(fmt::format("its file {} is gone while it was in use", missing));
  }
  return {};
}

std::string RocksStore::MissingFile() const {
  std::vector<std::string> files;
  std::uint64_t ignored = 0;
  if (!db_->GetLiveFiles(files, &ignored, false).ok()) return {};
  for (const std::string& file : files) {
    const std::filesystem::path path = settings_.directory / file.substr(1);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return path.string();
  }
  return {};
}

std::expected<void, std::string> RocksStore::RewriteOld() {
  if (!db_) return std::unexpected(std::string("it is not open"));
  // New options, be they the same, have it look at the age of its files.
  return Check(db_->SetOptions(
      rows_, {{"periodic_compaction_seconds", std::to_string(settings_.rewrite_age.count())}}));
}

void RocksStore::Interrupt() {
  const std::lock_guard lock(db_mutex_);
  std::uint64_t stopped = 0;
  if (!db_ || !db_->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped)) return;
  if (stopped == 0) return;
  // Writers that are held up look whether it ends.
  interrupted_ = true;
  rocksdb::CancelAllBackgroundWork(db_.get(), false);
}

std::expected<Recovered, std::string> RocksStore::Recover() {
  // Closed and opened again instead of DB::Resume: what is then there is what a restart would find,
  // whatever went wrong.
  doubtful_ |= listener_->rows_doubtful();
  Close();
  EmptyBatch();
  listener_->Forget();
  interrupted_ = false;
  auto recovered = OpenOrSetAside(doubtful_ ? Verify::kYes : Verify::kNo);
  if (recovered == Recovered::kRows && (doubtful_ || is_new_)) {
    recovered = Recovered::kEmpty;
    ++damages_;
  }
  if (recovered) doubtful_ = false;
  return recovered;
}

std::expected<void, std::string> RocksStore::StartAnew(std::string_view why) {
  Close();
  // It is nobody else's who only writes to it at this moment.
  rocksdb::Env* const env = settings_.env != nullptr ? settings_.env : rocksdb::Env::Default();
  rocksdb::FileLock* lock = nullptr;
  const Status locked = env->LockFile((settings_.directory / "LOCK").string(), &lock);
  if (!locked.ok()) return std::unexpected(FaultOf(locked).text);
  const auto aside = SetAside(settings_.directory, settings_.now());
  env->UnlockFile(lock);
  if (!aside) return std::unexpected(aside.error());
  settings_.say(
      Gravity::kError,
      fmt::format("the journal {} is damaged and has been set aside as {}; a new one is started "
                  "with what can be read there, and neighbours tell what they know: {}",
                  settings_.directory.string(), aside->string(), why));
  ++damages_;
  auto opened = TryOpen(Verify::kNo);
  if (!opened) return std::unexpected(opened.error().text);
  return {};
}

void RocksStore::MarkAllRead() {
  for (const auto& aside : unread_) MarkRead(aside);
  unread_.clear();
}

std::expected<Recovered, std::string> RocksStore::OpenOrSetAside(Verify verify) {
  const auto opened = TryOpen(verify);
  if (opened) return Recovered::kRows;
  if (!opened.error().damaged) return std::unexpected(opened.error().text);
  const auto anew = StartAnew(opened.error().text);
  if (!anew) return std::unexpected(anew.error());
  return Recovered::kEmpty;
}

std::expected<void, RocksStore::Fault> RocksStore::TryOpen(Verify verify) {
  const auto kind = LookAt(settings_.directory);
  if (!kind) return std::unexpected(Fault{.damaged = false, .text = kind.error()});
  if (*kind == DirectoryKind::kDamaged) {
    return std::unexpected(Fault{.damaged = true, .text = "its file CURRENT is missing"});
  }
  if (*kind == DirectoryKind::kForeign) {
    return std::unexpected(
        Fault{.damaged = false,
              .text = fmt::format("{} is not empty and holds no journal; a journal needs a "
                                  "directory of its own",
                                  settings_.directory.string())});
  }
  // RocksDB would leave out what is behind it, and remove the log.
  if (std::string damage = DamageOfLogs(settings_.directory); !damage.empty())
    return std::unexpected(Fault{.damaged = true, .text = std::move(damage)});
  is_new_ = *kind == DirectoryKind::kNew;
  auto opened = OpenDatabase(is_new_);
  if (opened) opened = CheckMeta();
  if (opened && verify == Verify::kYes) opened = VerifyFiles();
  if (opened) {
    const Status status = db_->EnableAutoCompaction({rows_, meta_});
    if (!status.ok()) opened = std::unexpected(FaultOf(status));
  }
  if (!opened) {
    Close();
    return opened;
  }
  watch_.emplace(settings_.directory);
  unread_ = UnreadOf(settings_.directory);
  return {};
}

std::expected<void, RocksStore::Fault> RocksStore::VerifyFiles() {
  const Status status = db_->VerifyChecksum(BulkReadOptions());
  if (status.ok()) return {};
  Fault fault = FaultOf(status);
  // A sector of the disk that cannot be read is a part of a file like any other that is damaged.
  fault.damaged |= fault.text.contains("Input/output error");
  return std::unexpected(std::move(fault));
}

std::expected<void, RocksStore::Fault> RocksStore::OpenDatabase(bool create) {
  rocksdb::DBOptions options = DatabaseOptions(settings_.env, warnings_, listener_);
  options.create_if_missing = create;
  options.create_missing_column_families = true;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName,
       RowsOptions(std::make_shared<ExpiryFilterFactory>(settings_.horizon),
                   settings_.rewrite_age)},
      {kMetaFamily, rocksdb::ColumnFamilyOptions()}};
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const Status status =
      rocksdb::DB::Open(options, settings_.directory.string(), families, &handles, &db);
  if (!status.ok()) return std::unexpected(FaultOf(status));
  db_.reset(db);
  rows_ = handles[0];
  meta_ = handles[1];
  return {};
}

RocksStore::Fault RocksStore::FaultOf(const Status& status) const {
  const std::string text = status.ToString();
  const std::string directory = settings_.directory.string();
  // A file that the others name and that is not there.
  if (status.IsCorruption() || status.IsPathNotFound()) return {.damaged = true, .text = text};
  const bool locked = text.contains("lock") && text.contains("LOCK") &&
                      (text.contains("unavailable") || text.contains("already held") ||
                       text.contains("current process"));
  return {.damaged = false,
          .text = locked ? fmt::format("the journal {} is in use by another process", directory)
                         : fmt::format("the journal {} cannot be used: {}", directory, text)};
}

std::expected<void, RocksStore::Fault> RocksStore::CheckMeta() {
  const auto get = [&](const char* key, std::string& value) {
    return db_->Get(rocksdb::ReadOptions(), meta_, key, &value);
  };
  std::string format;
  std::string herd;
  std::string server;
  const Status found = get(kFormatKey, format);
  if (found.IsNotFound()) {
    // Ended between its making and its first entry, or the entries are lost.
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions(), rows_));
    rows->SeekToFirst();
    if (rows->Valid() || !rows->status().ok()) {
      return std::unexpected(Fault{.damaged = true, .text = "it does not tell whose it is"});
    }
    return WriteMeta();
  }
  if (!found.ok()) return std::unexpected(FaultOf(found));
  if (format != kFormat) {
    return std::unexpected(Fault{
        .damaged = false,
        .text = fmt::format("the journal {} has format {}, and this herd knows format {} only",
                            settings_.directory.string(), format, kFormat)});
  }
  for (const Status& status : {get(kHerdKey, herd), get(kServerKey, server)}) {
    if (!status.ok()) return std::unexpected(Fault{.damaged = true, .text = status.ToString()});
  }
  if (herd != settings_.herd || server != settings_.server) {
    return std::unexpected(
        Fault{.damaged = false,
              .text = fmt::format("the journal {} is that of server {} of herd {}, and this is "
                                  "server {} of herd {}",
                                  settings_.directory.string(), server, herd, settings_.server,
                                  settings_.herd)});
  }
  return {};
}

std::expected<void, RocksStore::Fault> RocksStore::WriteMeta() {
  rocksdb::WriteBatch batch;
  batch.Put(meta_, kFormatKey, ToSlice(kFormat));
  batch.Put(meta_, kHerdKey, settings_.herd);
  batch.Put(meta_, kServerKey, settings_.server);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  Status status = db_->Write(synced, &batch);
  // Or the log would be kept for the sake of these three.
  if (status.ok()) status = db_->Flush(rocksdb::FlushOptions(), meta_);
  if (!status.ok()) return std::unexpected(FaultOf(status));
  return {};
}

std::vector<RocksStore::KeyRange> RocksStore::Divide(std::size_t parts) const {
  rocksdb::ColumnFamilyMetaData family;
  db_->GetColumnFamilyMetaData(rows_, &family);
  std::vector<std::pair<std::string, std::uint64_t>> files;  // first client, bytes
  for (const auto& level : family.levels) {
    for (const auto& file : level.files) files.emplace_back(file.smallestkey, file.size);
  }
  std::ranges::sort(files);
  std::vector<KeyRange> ranges(1);
  std::uint64_t bytes = 0;
  for (const auto& [first, size] : files) {
    if (bytes * parts >= family.size * ranges.size() && first > ranges.back().from.value_or("")) {
      ranges.back().to = first;
      ranges.push_back({.from = first, .to = std::nullopt});
    }
    bytes += size;
  }
  return ranges;
}

std::expected<RocksStore::ReadEnd, std::string> RocksStore::Read(
    const KeyRange& range,
    const std::function<void(std::string_view, std::string_view)>& take) const {
  rocksdb::ReadOptions options = BulkReadOptions();
  Slice from;
  Slice to;
  if (range.from) options.iterate_lower_bound = &(from = *range.from);
  if (range.to) options.iterate_upper_bound = &(to = *range.to);
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options, rows_));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    take(row->key().ToStringView(), row->value().ToStringView());
  }
  if (row->status().ok()) return ReadEnd::kAll;
  const Fault fault = FaultOf(row->status());
  if (fault.damaged) return ReadEnd::kDamaged;
  return std::unexpected(fault.text);
}

std::optional<wire::UnixNanos> RocksStore::ReadClock() const {
  std::string text;
  if (!db_->Get(rocksdb::ReadOptions(), meta_, kClockKey, &text).ok()) return std::nullopt;
  return wire::ParsePosixTime(text);
}

std::expected<void, std::string> RocksStore::WriteClock(wire::UnixNanos time) {
  if (!db_) return std::unexpected(std::string("it is not open"));
  std::string text;
  wire::AppendPosixTime(text, time);
  if (auto log = CheckLog(); !log) return log;
  if (auto put = Check(db_->Put(rocksdb::WriteOptions(), meta_, kClockKey, text)); !put) return put;
  if (auto log = CheckLog(); !log) return log;
  // Or the log would be kept for its sake.
  return Check(db_->Flush(rocksdb::FlushOptions(), meta_));
}

}  // namespace herd::journal
