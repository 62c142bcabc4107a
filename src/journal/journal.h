#pragma once

#include <atomic>
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
#include "journal/clock_guard.h"
#include "journal/load.h"
#include "journal/rocks_store.h"
#include "journal/stall_watch.h"
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
  // Rows of the journal that seem to have expired by a clock that is in doubt: they are on the disk
  // and not in the fleet.
  std::uint64_t held_back = 0;
  // How often the files were found damaged, gone or not the same any more, by Start or later.
  std::uint64_t damages = 0;
  std::string set_aside;  // where the last damaged journal is; empty: there was none
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
    // A write or sync that takes longer counts as a failure, until it returns.
    std::chrono::milliseconds stall_timeout{30'000};
    // All files are looked for so often, and the clock's time and old files are seen to.
    std::chrono::milliseconds look_interval{10'000};
    std::chrono::milliseconds clock_interval{600'000};
    std::chrono::milliseconds rewrite_interval{3'600'000};
    // Whether rows may expire by the clock; outlives the journal. Null: they may.
    ClockGuard* clock = nullptr;
    // Somebody who starts the journal says that the clock is right.
    bool clock_confirmed = false;
  };

  // Called from a thread of the journal's; must not block nor call the journal.
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

  // The clock is not in doubt any more, and the fleet's horizon is where it should be: puts what
  // was held back into the fleet, as far as it has not expired.
  void TakeHeldBack();

  Status status() const;

  // Writes and syncs what there is, answers all who wait, and ends. While the disk fails it tries
  // once more.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // What the thread has to do next.
  struct Work {
    bool waited_for = false;
    bool stop = false;
    bool take_held_back = false;
  };

  const Settings settings_;
  fleet::Fleet& fleet_;
  const std::chrono::nanoseconds row_time_;  // at least, from row to row
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<Writer> writer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Done> waiters_;
  std::vector<Done> in_hand_;  // those that the thread works for
  bool stalled_ = false;       // it does not return from the store
  bool take_held_back_ = false;
  bool stop_ = false;
  bool stopped_ = false;
  Status status_;
  fleet::Cursors written_{};  // up to where there are rows on the disk, for status

  std::atomic<bool> may_expire_ = false;  // it is known what to think of the clock

  // The thread's own.
  bool failing_ = false;
  bool write_all_ = false;  // what was salvaged is to be synced before anything else
  bool held_back_ = false;  // there are rows to take once the clock is believed
  Clock::time_point next_look_;
  Clock::time_point next_clock_;
  Clock::time_point next_rewrite_;
  Clock::time_point next_write_;
  Clock::time_point next_sync_;
  Clock::time_point retry_at_;
  Clock::duration retry_delay_{};
  Clock::time_point recovered_at_;
  Clock::time_point next_failure_log_;
  Clock::time_point next_slow_log_;

  std::unique_ptr<StallWatch> stalls_;
  std::thread thread_;  // last: it uses all the others

  std::expected<Loaded, std::string> OpenAndLoad();
  std::expected<void, std::string> SalvageUnread(Loaded& loaded);
  void JudgeClock(const std::optional<wire::UnixNanos>& newest);
  void SayWhatWasLoaded(const Loaded& loaded, std::chrono::nanoseconds took);
  void Run();
  Work WaitForWork();
  void DoWork(Work work);
  void DoChores();
  void WriteClock();
  void LoadHeldBack();
  void OnStall();
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
