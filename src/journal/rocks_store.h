#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/files_watch.h"
#include "journal/rocks_hooks.h"
#include "journal/rocks_options.h"
#include "journal/say.h"
#include "journal/stall_watch.h"
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
  // The age at which RewriteOld has a file rewritten.
  std::chrono::seconds rewrite_age = kRewriteAge;
};

// The journal's rows in a RocksDB database. docs/journal.md is its format.
class RocksStore : public Store {
 public:
  // A part of the rows, by client: from the first to before the second. Nothing: no bound.
  struct KeyRange {
    std::optional<std::string> from;
    std::optional<std::string> to;
  };

  // Opens the server's journal or starts one. All its files are read: a damaged one is set aside
  // and an empty one started (see `unread`); one of another herd, server or version is refused, and
  // so is a directory that cannot be read or written or is in use.
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

  // Sets what is there aside and starts an empty journal.
  std::expected<void, std::string> StartAnew(std::string_view why);

  // Where damaged journals of this server were set aside, now or by an earlier process, of which
  // nobody has read what can be read: see Salvage.
  const std::vector<std::filesystem::path>& unread() const { return unread_; }
  // All of that is in this journal, and synced.
  void MarkAllRead();

  // The newest time that WriteClock was called with; it is synced then.
  std::optional<wire::UnixNanos> ReadClock() const;
  std::expected<void, std::string> WriteClock(wire::UnixNanos time);

  // Whether all files of the database are still where they were made. Write and Sync ask it of the
  // directory and the logs, quickly, and whether these are as long as they were; this of every
  // file.
  std::expected<void, std::string> CheckFiles();

  // Has files older than settings.rewrite_age rewritten, in the background, so that they lose their
  // expired rows.
  std::expected<void, std::string> RewriteOld();

  // Tells `watch`, which may be null, of every Write and Sync.
  void WatchStalls(StallWatch* watch) { stalls_ = watch; }

  // How often what was on the disk was found damaged, gone or not the same any more.
  std::uint64_t damages() const { return damages_; }

  // From another thread, while this one is in a call that does not return: when it is RocksDB that
  // holds it up, without an end, it returns with an error. What hangs in the system goes on
  // hanging.
  void Interrupt();

 private:
  struct Fault {
    bool damaged;
    std::string text;
  };

  const StoreSettings settings_;
  const std::shared_ptr<WarningLog> warnings_;
  const std::shared_ptr<FaultListener> listener_;
  std::mutex db_mutex_;              // for Interrupt: when db_ goes
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
  std::optional<FilesWatch> watch_;  // of db_
  std::vector<std::filesystem::path> unread_;
  // What was synced need not be there any more: the files were exchanged, or could not be read.
  bool doubtful_ = false;
  bool is_new_ = false;  // TryOpen has made the database
  std::uint64_t damages_ = 0;
  StallWatch* stalls_ = nullptr;
  std::atomic<bool> interrupted_ = false;

  explicit RocksStore(StoreSettings settings);

  // Whether the files are read through before they are used, besides.
  enum class Verify { kNo, kYes };

  std::expected<Recovered, std::string> OpenOrSetAside(Verify verify);
  std::expected<void, Fault> TryOpen(Verify verify);
  std::expected<void, Fault> VerifyFiles();
  std::expected<void, Fault> OpenDatabase(bool create);
  std::expected<void, Fault> CheckMeta();
  std::expected<void, Fault> WriteMeta();
  Fault FaultOf(const rocksdb::Status& status) const;
  void Close();
  void EmptyBatch();
  std::expected<void, std::string> Check(const rocksdb::Status& status) const;
  std::unexpected<std::string> Exchanged(std::string what);
  std::expected<void, std::string> CheckLog();
  std::string MissingFile() const;
};

}  // namespace herd::journal
