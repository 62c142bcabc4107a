#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/fleet.h"
#include "journal/load.h"
#include "journal/rocks_store.h"
#include "journal/writer.h"
#include "wire/time.h"

namespace herd::journal {

// How a journal does, for logs, metrics and whoever asks.
struct Status {
  enum class State {
    kLoading,  // Start has not returned
    kOk,
    kFailing,  // the disk takes nothing: the fleet is in memory only, the journal tries again
  };

  State state = State::kLoading;
  std::string last_error;                        // of the present or the last failure
  std::optional<wire::UnixNanos> failing_since;  // while it fails
  std::uint64_t failures = 0;                    // times that it began to fail
  Loaded loaded;                                 // by Start
  std::chrono::nanoseconds load_time{0};
  std::uint64_t rows_written = 0;   // rows written twice count twice
  std::uint64_t bytes_written = 0;  // of clients and AT lines
  std::uint64_t syncs = 0;
  std::chrono::nanoseconds last_sync_time{0};  // the writing before it included
  std::chrono::nanoseconds max_sync_time{0};
  std::uint64_t changes_waiting = 0;  // of the fleet, not written yet
  std::uint64_t waiters = 0;          // calls of WhenSynced that wait for an answer
};

// The fleet of one server on disk: brings it back at the start, then follows it from a thread of
// its own. The fleet's other users are never kept waiting by the disk. Any thread may call every
// function, after Start.
class Journal {
 public:
  struct Settings {
    StoreSettings store;  // horizon is the fleet's
    // A change that nobody waits for is written within this time, so that a client that reports
    // often costs little: one stripe of the fleet after the other, in equal steps.
    std::chrono::milliseconds write_interval{5000};
    // So many rows that nobody waits for are written a second at most: in a fleet in which more
    // report they wait for longer. At least 1.
    std::int64_t rows_per_second = 20'000;
    // What is written and nobody waits for is synced so often.
    std::chrono::milliseconds sync_interval{1000};
    // While the disk fails it is tried again so often: first and last wait, doubling between them.
    std::chrono::milliseconds retry_delay_min{100};
    std::chrono::milliseconds retry_delay_max{5000};
    std::size_t load_threads = 2;
  };

  // Called from the journal's thread; must not block nor call the journal.
  using Done = std::function<void(bool durable)>;

  // The fleet outlives the journal.
  Journal(Settings settings, fleet::Fleet& fleet);

  // As Stop.
  ~Journal();

  // Opens or starts the journal, puts its rows into the fleet and begins to follow it. Once, before
  // anything else but `status`. The error says why there is no journal: see RocksStore::Open.
  std::expected<void, std::string> Start();

  // Calls `done` when everything that was applied to the fleet before this call is on the disk; all
  // who wait share a sync. With false when the disk fails or the journal has stopped.
  void WhenSynced(Done done);

  Status status() const;

  // Writes and syncs what there is, answers all who wait, and ends. While the disk fails it tries
  // once more.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // What the thread has to do next.
  struct Work {
    std::vector<Done> waiters;
    bool stop = false;
  };

  const Settings settings_;
  fleet::Fleet& fleet_;
  const std::chrono::nanoseconds row_time_;  // at least, from row to row
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<Writer> writer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Done> waiters_;
  bool stop_ = false;
  bool stopped_ = false;
  Status status_;
  fleet::Cursors written_{};  // up to where there are rows on the disk, for status

  // The thread's own.
  bool failing_ = false;
  Clock::time_point next_write_;
  Clock::time_point next_sync_;
  Clock::time_point retry_at_;
  Clock::duration retry_delay_{};
  Clock::time_point recovered_at_;
  Clock::time_point next_failure_log_;
  Clock::time_point next_slow_log_;

  std::thread thread_;  // last: it uses all the others

  std::expected<Loaded, std::string> OpenAndLoad();
  void Run();
  Work WaitForWork();
  void DoWork(Work work);
  bool TryAgain();
  void WriteBatch();
  bool Sync();
  void SyncWritten();
  void NoteSync(Clock::time_point start);
  void Note(const std::expected<void, std::string>& result);
  void Fail(const std::string& error);
  void Say(Gravity gravity, const std::string& text) const;
};

}  // namespace herd::journal
