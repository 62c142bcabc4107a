#pragma once

// A disk for tests that fails when told to, and forgets what was not synced.

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace herd::journal::testing {

// The system's files behind a layer of faults. Any thread.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  enum class Fault {
    kNone,
    kFull,        // writes fail: no space is left
    kReadOnly,    // writes fail and files cannot be made
    kSyncFails,   // writes are taken, syncs fail, and what they should have synced is lost in a
                  // crash
    kPoweredOff,  // nothing is written any more, and nothing comes of it
  };

  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  void Set(Fault fault) { fault_ = fault; }
  void DelaySyncs(std::chrono::milliseconds delay) { sync_delay_ms_ = delay.count(); }

  // The first bytes of the file cannot be read from now on; none: all can.
  void FailReadsOf(const std::string& file) {
    const std::lock_guard lock(mutex_);
    unreadable_ = file;
  }

  // Whoever writes or syncs waits until this is called with false.
  void Hang(bool hang) {
    hang_ = hang;
    hang_.notify_all();
  }

  // The same for whoever writes a table.
  void HangTables(bool hang) {
    hang_tables_ = hang;
    hang_tables_.notify_all();
  }

  // Syncs that succeeded, of all files.
  std::uint64_t syncs() const { return syncs_; }

  // After kPoweredOff, when nothing is open any more: cuts every file down to what was synced,
  // undoes the making and renaming of those whose directory was not synced since, and has power
  // again.
  void LoseUnsynced();

  const char* Name() const override { return "FaultyFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files.
  rocksdb::IOStatus BeforeWrite() const;
  void WaitForTable(const std::string& name) const {
    if (name.ends_with(".sst")) hang_tables_.wait(true);
  }
  rocksdb::IOStatus BeforeSync();
  rocksdb::IOStatus BeforeRead(const std::string& name, std::uint64_t offset);
  void NoteSynced(const std::string& name, std::uint64_t bytes);
  void NoteDirectorySynced(const std::string& directory);

 private:
  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<std::int64_t> sync_delay_ms_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::atomic<bool> hang_ = false;
  std::atomic<bool> hang_tables_ = false;
  std::mutex mutex_;
  std::string unreadable_;
  std::map<std::string, std::uint64_t> synced_bytes_;  // of every file made
  // Since their directory was synced: the files made, and what others held before a rename.
  std::set<std::string> not_in_directory_;
  std::map<std::string, std::string> renamed_over_;
};

}  // namespace herd::journal::testing
