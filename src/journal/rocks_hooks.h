#pragma once

// What RocksDB calls back: ours to hear of its troubles and to drop expired rows.

#include <rocksdb/compaction_filter.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "fleet/fleet.h"
#include "journal/say.h"

namespace herd::journal {

using HorizonOf = std::function<fleet::Horizon()>;

// Whether the row of an AT line was received before the horizon; not when it is none.
bool IsExpired(std::string_view at_line, const fleet::Horizon& horizon);

// Hands what RocksDB warns of to the server's log, but no more than a few lines a while. Any
// thread.
class WarningLog : public rocksdb::Logger {
 public:
  explicit WarningLog(Say say)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), say_(std::move(say)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;

 private:
  const Say say_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point window_end_;
  int lines_in_window_ = 0;
};

// Remembers that work in RocksDB's background failed, which our own calls might never be told of.
// It is not to try again by itself: Store::Recover is the one way back.
//
// It also counts the rows that go into a compaction and come out of it. RocksDB 7.8 may leave out
// all the rest of a file whose beginning it cannot read, and delete the file
// (github.com/facebook/rocksdb/pull/11782).
class FaultListener : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status,
                            bool* auto_recovery) override;
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& job) override;

  // The first error since Forget. Any thread.
  std::optional<std::string> fault() const;
  // Whether what was synced may not be in the files any more, or not be readable.
  bool rows_doubtful() const;
  void Forget();

 private:
  mutable std::mutex mutex_;
  std::optional<std::string> fault_;
  bool rows_doubtful_ = false;
};

// How many rows a compaction has lost, of those that it read and was not to drop.
std::uint64_t RowsLostBy(const rocksdb::CompactionJobInfo& job);

// Has RocksDB leave expired rows out when it rewrites its files.
class ExpiryFilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  explicit ExpiryFilterFactory(HorizonOf horizon) : horizon_(std::move(horizon)) {}

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "herd.expiry"; }

 private:
  const HorizonOf horizon_;
};

}  // namespace herd::journal
