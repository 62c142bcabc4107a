#include "sim/journal.h"

#include <algorithm>
#include <utility>

#include "fleet/planted.h"

namespace herd::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// As journal::Journal has them, but that it waits for up to 5 s between two tries, and spreads what
// nobody waits for over as much: a simulated herd lives for seconds only, and its disks are to have
// something to lose.
constexpr nanoseconds kGatherTime = milliseconds(10);
constexpr nanoseconds kSyncInterval = seconds(1);
constexpr nanoseconds kRetryDelayMin = milliseconds(100);
constexpr nanoseconds kRetryDelayMax = seconds(1);

constexpr nanoseconds kWriteMin = microseconds(50);
constexpr nanoseconds kSyncMin = microseconds(500);

void Answer(std::vector<Journal::Done> waiters, bool durable) {
  for (const Journal::Done& done : waiters) done(durable);
}

}  // namespace

Journal::Journal(const Settings& settings, fleet::Fleet& fleet, Disk& disk, bool is_empty,
                 Host host)
    : settings_(settings),
      host_(std::move(host)),
      writer_(fleet, disk, is_empty, [] {}, settings.batch_bytes) {}

void Journal::Work() {
  if (busy_) return;
  if (failing_) return Answer(std::exchange(waiters_, {}), false);
  if (!waiters_.empty() || sync_due_) return BeginSync();
  if (!writer_.pending() || gathering_) return;
  if (behind_) return WriteBatch();
  gathering_ = true;
  host_.after(kGatherTime, [this] {
    gathering_ = false;
    if (!busy_ && !failing_) WriteBatch();
  });
}

void Journal::WriteBatch() {
  busy_ = true;
  host_.after(host_.random.Between(kWriteMin, settings_.write_max), [this] {
    busy_ = false;
    const auto full = writer_.WriteBatch();
    if (!full) return Fail(full.error());
    behind_ = *full;
    PlanSync();
    Work();
  });
}

// What nobody waits for is synced all the same, after a while.
void Journal::PlanSync() {
  if (std::exchange(sync_planned_, true)) return;
  host_.after(kSyncInterval, [this] {
    sync_planned_ = false;
    sync_due_ = writer_.unsynced();
    Work();
  });
}

// Whoever waits now is answered by this sync; who comes later waits for the next.
void Journal::BeginSync() {
  busy_ = true;
  behind_ = false;
  answering_ = std::exchange(waiters_, {});
  writer_.BeginSync();
  SyncStep();
}

void Journal::SyncStep() {
  if (fleet::Planted(fleet::Fault::kAckBeforeSync) && writer_.step_is_last())
    Answer(std::exchange(answering_, {}), true);
  host_.after(StepTime(), [this] {
    const auto done = writer_.SyncStep();
    if (!done) return Fail(done.error());
    if (*done) return EndSync();
    SyncStep();
  });
}

nanoseconds Journal::StepTime() {
  if (!writer_.step_is_last()) return host_.random.Between(kWriteMin, settings_.write_max);
  // Nothing to do for the disk.
  if (!writer_.unsynced()) return nanoseconds::zero();
  return host_.random.Between(kSyncMin, settings_.sync_max);
}

void Journal::EndSync() {
  busy_ = false;
  sync_due_ = false;
  const std::uint64_t rows = writer_.counts().rows;
  host_.trace("has synced; rows: " + std::to_string(rows - std::exchange(rows_synced_, rows)) +
              ", reports that waited: " + std::to_string(answering_.size()));
  Answer(std::exchange(answering_, {}), true);
  Work();
}

void Journal::Fail(const std::string& error) {
  host_.trace("cannot keep its journal: " + error);
  busy_ = false;
  failing_ = true;
  Answer(std::exchange(answering_, {}), false);
  Answer(std::exchange(waiters_, {}), false);
  retry_delay_ = kRetryDelayMin;
  host_.after(retry_delay_, [this] { TryAgain(); });
}

void Journal::TryAgain() {
  if (const auto recovered = writer_.Recover(); !recovered) {
    retry_delay_ = std::min(2 * retry_delay_, kRetryDelayMax);
    host_.after(retry_delay_, [this] { TryAgain(); });
    return;
  }
  host_.trace("has its journal again, and writes what may be missing");
  failing_ = false;
  BeginSync();
}

}  // namespace herd::sim
