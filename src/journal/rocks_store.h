#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/rocks_hooks.h"
#include "journal/say.h"
#include "journal/store.h"
#include "wire/time.h"

namespace herd::journal {

// Whose journal it is, where it lies, and whom it talks to.
struct StoreSettings {
  std::filesystem::path directory;
  std::string herd;
  std::string server;
  HorizonOf horizon;                     // of the fleet, for files rewritten in the background
  std::function<wire::UnixNanos()> now;  // the system's clock, for the names of damaged journals
  Say say;
  rocksdb::Env* env = nullptr;  // null: the system's; for tests
};

// The journal's rows in a RocksDB database. docs/journal.md is its format.
class RocksStore : public Store {
 public:
  // A part of the rows, by client: from the first to before the second. Nothing: no bound.
  struct KeyRange {
    std::optional<std::string> from;
    std::optional<std::string> to;
  };

  // Opens the server's journal or starts one. A damaged one is set aside and an empty one started;
  // one of another herd, server or version is refused, and so is a directory that cannot be read or
  // written or is in use.
  static std::expected<std::unique_ptr<RocksStore>, std::string> Open(StoreSettings settings);

  // Puts the newest rows from the log into a file, which a start reads sooner, and closes.
  ~RocksStore() override;

  void Put(std::string_view client, std::string_view at_line) override;
  std::size_t batch_bytes() const override { return texts_.size(); }
  std::expected<void, std::string> Write() override;
  std::expected<void, std::string> Sync() override;
  std::expected<Recovered, std::string> Recover() override;

  // The rows in at most `parts` ranges of about the same size.
  std::vector<KeyRange> Divide(std::size_t parts) const;

  // Reads all rows of a range in the order of their clients. Any thread, several at a time.
  // Returns whether it came to the end: kDamaged when a checksum is wrong.
  enum class ReadEnd { kAll, kDamaged };
  std::expected<ReadEnd, std::string> Read(
      const KeyRange& range,
      const std::function<void(std::string_view client, std::string_view at_line)>& take) const;

  // Removes the rows of some clients.
  std::expected<void, std::string> Remove(const std::vector<std::string>& clients);

  // Sets what is there aside and starts an empty journal.
  std::expected<void, std::string> StartAnew(std::string_view why);

 private:
  struct Fault {
    bool damaged;
    std::string text;
  };

  const StoreSettings settings_;
  const std::shared_ptr<WarningLog> warnings_;
  const std::shared_ptr<FaultListener> listener_;
  std::unique_ptr<rocksdb::DB> db_;  // null while it could not be opened again
  rocksdb::ColumnFamilyHandle* rows_ = nullptr;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
  // The batch: the clients and lines of its rows, and where each begins.
  struct Place {
    std::size_t start;
    std::size_t client_size;
    std::size_t line_size;
  };
  std::string texts_;
  std::vector<Place> places_;

  explicit RocksStore(StoreSettings settings);

  std::expected<Recovered, std::string> OpenOrSetAside();
  std::expected<void, Fault> TryOpen();
  std::expected<void, Fault> OpenDatabase(bool create);
  std::expected<void, Fault> CheckMeta();
  std::expected<void, Fault> WriteMeta();
  Fault FaultOf(const rocksdb::Status& status) const;
  void Close();
  void EmptyBatch();
  std::expected<void, std::string> Check(const rocksdb::Status& status) const;
};

}  // namespace herd::journal
