#include "journal/rocks_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "journal/directory.h"
#include "journal/rocks_options.h"

namespace herd::journal {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

// The families and the keys of the meta family: docs/journal.md.
constexpr const char* kMetaFamily = "meta";
constexpr const char* kFormatKey = "format";
constexpr const char* kHerdKey = "herd";
constexpr const char* kServerKey = "server";
constexpr std::string_view kFormat = "1";

Slice ToSlice(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

RocksStore::RocksStore(StoreSettings settings)
    : settings_(std::move(settings)),
      warnings_(std::make_shared<WarningLog>(settings_.say)),
      listener_(std::make_shared<FaultListener>()) {}

std::expected<std::unique_ptr<RocksStore>, std::string> RocksStore::Open(StoreSettings settings) {
  auto store = std::unique_ptr<RocksStore>(new RocksStore(std::move(settings)));
  const auto opened = store->OpenOrSetAside();
  if (!opened) return std::unexpected(opened.error());
  return store;
}

RocksStore::~RocksStore() {
  if (db_ && !listener_->fault()) db_->Flush(rocksdb::FlushOptions(), rows_);
  Close();
}

void RocksStore::Close() {
  if (!db_) return;
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
  return Check(db_->Write(rocksdb::WriteOptions(), &batch));
}

void RocksStore::EmptyBatch() {
  texts_.clear();
  places_.clear();
}

std::expected<void, std::string> RocksStore::Sync() {
  if (!db_) return std::unexpected(std::string("it is not open"));
  return Check(db_->SyncWAL());
}

std::expected<Recovered, std::string> RocksStore::Recover() {
  // Closed and opened again instead of DB::Resume: what is then there is what a restart would find,
  // whatever went wrong.
  Close();
  EmptyBatch();
  listener_->Forget();
  return OpenOrSetAside();
}

std::expected<void, std::string> RocksStore::StartAnew(std::string_view why) {
  Close();
  const auto aside = SetAside(settings_.directory, settings_.now());
  if (!aside) return std::unexpected(aside.error());
  settings_.say(
      Gravity::kError,
      fmt::format("the journal {} is damaged and has been set aside as {}; an empty one is "
                  "started, and neighbours tell what they know: {}",
                  settings_.directory.string(), aside->string(), why));
  auto opened = TryOpen();
  if (!opened) return std::unexpected(opened.error().text);
  return {};
}

std::expected<Recovered, std::string> RocksStore::OpenOrSetAside() {
  const auto opened = TryOpen();
  if (opened) return Recovered::kRows;
  if (!opened.error().damaged) return std::unexpected(opened.error().text);
  const auto anew = StartAnew(opened.error().text);
  if (!anew) return std::unexpected(anew.error());
  return Recovered::kEmpty;
}

std::expected<void, RocksStore::Fault> RocksStore::TryOpen() {
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
  auto opened = OpenDatabase(*kind == DirectoryKind::kNew);
  if (opened) opened = CheckMeta();
  if (!opened) Close();
  return opened;
}

std::expected<void, RocksStore::Fault> RocksStore::OpenDatabase(bool create) {
  rocksdb::DBOptions options = DatabaseOptions(settings_.env, warnings_, listener_);
  options.create_if_missing = create;
  options.create_missing_column_families = true;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName,
       RowsOptions(std::make_shared<ExpiryFilterFactory>(settings_.horizon))},
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

std::expected<void, std::string> RocksStore::Remove(const std::vector<std::string>& clients) {
  constexpr std::size_t kBatchBytes = 256 * 1024;
  rocksdb::WriteBatch batch;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    batch.Delete(clients[i]);
    if (batch.GetDataSize() < kBatchBytes && i + 1 < clients.size()) continue;
    if (auto written = Check(db_->Write(rocksdb::WriteOptions(), &batch)); !written) return written;
    batch.Clear();
  }
  return {};
}

}  // namespace herd::journal
