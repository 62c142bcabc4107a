#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "fleet/fleet.h"
#include "journal/writer.h"
#include "sim/disk.h"
#include "sim/random.h"

namespace herd::sim {

// The journal of one process: the real Writer on a simulated disk. What journal::Journal does with
// a thread and the system's clock is done here with the schedule: whatever the disk does takes
// time, in which the fleet changes and the server may crash.
class Journal {
 public:
  struct Settings {
    std::size_t batch_bytes;             // journal::Writer's
    std::chrono::nanoseconds write_max;  // a batch takes so long at most
    std::chrono::nanoseconds sync_max;
  };

  // What it needs of its server. `after` calls back after a delay, unless the process has ended.
  struct Host {
    Random& random;
    std::function<void(std::chrono::nanoseconds, std::function<void()>)> after;
    std::function<void(const std::string&)> trace;
  };

  using Done = std::function<void(bool durable)>;

  // `is_empty` is the Writer's. Fleet and disk outlive the journal.
  Journal(const Settings& settings, fleet::Fleet& fleet, Disk& disk, bool is_empty, Host host);

  // Calls `done` when everything that was applied to the fleet before this call is on the disk; all
  // who wait share a sync. With false when the disk fails. Begins with the next Work.
  void WhenSynced(Done done) { waiters_.push_back(std::move(done)); }

  // To be called after every change of the fleet: begins what there is to do.
  void Work();

  // Whether all of the fleet is on the disk, as far as it knows.
  bool idle() const { return !busy_ && !failing_ && !writer_.pending() && !writer_.unsynced(); }

 private:
  const Settings settings_;
  const Host host_;
  journal::Writer writer_;
  std::vector<Done> waiters_;
  std::vector<Done> answering_;  // who waits for the present sync
  bool busy_ = false;            // the disk is at work
  bool gathering_ = false;       // changes gather before they are written
  bool behind_ = false;          // the last batch was full
  bool sync_planned_ = false;
  bool sync_due_ = false;
  bool failing_ = false;
  std::chrono::nanoseconds retry_delay_{0};
  std::uint64_t rows_synced_ = 0;  // of the Writer's counts, for the trace

  void WriteBatch();
  void PlanSync();
  void BeginSync();
  void SyncStep();
  std::chrono::nanoseconds StepTime();
  void EndSync();
  void Fail(const std::string& error);
  void TryAgain();
};

}  // namespace herd::sim
