#include "journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace herd::journal {
namespace {

// Changes that nobody waits for gather at least so long before they are written.
constexpr std::chrono::milliseconds kGatherTime{10};

// A sync that takes longer is logged.
constexpr std::chrono::seconds kSlowSync{1};

// A failure that lasts, or comes back, is logged so often.
constexpr std::chrono::seconds kFailureLogInterval{10};

std::uint64_t ChangesBetween(const fleet::Cursors& from, const fleet::Cursors& to) {
  std::uint64_t changes = 0;
  for (std::size_t stripe = 0; stripe < to.size(); ++stripe) {
    if (to[stripe] > from[stripe])
      changes += std::to_underlying(to[stripe]) - std::to_underlying(from[stripe]);
  }
  return changes;
}

}  // namespace

Journal::Journal(Settings settings, fleet::Fleet& fleet)
    : settings_([&] {
        settings.store.horizon = [&fleet] { return fleet.horizon(); };
        return std::move(settings);
      }()),
      fleet_(fleet),
      row_time_(std::chrono::nanoseconds(std::chrono::seconds(1)) / settings_.rows_per_second) {}

Journal::~Journal() {
  Stop();
}

std::expected<void, std::string> Journal::Start() {
  const Clock::time_point start = Clock::now();
  auto loaded = OpenAndLoad();
  if (!loaded) return std::unexpected(loaded.error());
  const auto took = Clock::now() - start;
  Say(loaded->bad > 0 ? Gravity::kWarning : Gravity::kInfo,
      fmt::format("the journal {} has brought back {} clients in {:.3f} s; {} had expired, {} rows "
                  "were bad",
                  settings_.store.directory.string(), loaded->rows,
                  std::chrono::duration<double>(took).count(), loaded->expired, loaded->bad));
  writer_ = std::make_unique<Writer>(fleet_, *store_, loaded->damaged, [this] {
    // Nothing may be missed between the thread's look and its sleep.
    {
      const std::lock_guard lock(mutex_);
    }
    wake_.notify_one();
  });
  next_sync_ = Clock::now() + settings_.sync_interval;
  {
    const std::lock_guard lock(mutex_);
    status_.state = Status::State::kOk;
    status_.loaded = *loaded;
    status_.load_time = took;
    written_ = writer_->written();
  }
  thread_ = std::thread([this] { Run(); });
  return {};
}

std::expected<Loaded, std::string> Journal::OpenAndLoad() {
  auto store = RocksStore::Open(settings_.store);
  if (!store) return std::unexpected(store.error());
  store_ = *std::move(store);
  auto loaded = Load(*store_, fleet_, settings_.load_threads, settings_.store.say);
  if (loaded && loaded->damaged) {
    // What could be read is in the fleet and goes to the new journal from there.
    auto anew = store_->StartAnew("a checksum is wrong");
    if (!anew) return std::unexpected(anew.error());
  }
  return loaded;
}

void Journal::WhenSynced(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      waiters_.push_back(std::move(done));
      if (waiters_.size() > 1) return;
      wake_.notify_one();
      return;
    }
  }
  done(false);
}

Status Journal::status() const {
  const fleet::Cursors newest = fleet_.newest();
  const std::lock_guard lock(mutex_);
  Status status = status_;
  // What a start puts into the fleet is on the disk.
  if (status.state != Status::State::kLoading)
    status.changes_waiting = ChangesBetween(written_, newest);
  status.waiters += waiters_.size();
  return status;
}

void Journal::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Journal::Run() {
  bool stopping = false;
  while (!stopping) {
    Work work = WaitForWork();
    stopping = work.stop;
    DoWork(std::move(work));
  }
  std::vector<Done> late;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    late.swap(waiters_);
  }
  for (const Done& done : late) done(false);
  if (failing_) {
    Say(Gravity::kError, fmt::format("the journal ends with {} changes that are not on the disk",
                                     status().changes_waiting));
  }
}

Journal::Work Journal::WaitForWork() {
  std::unique_lock lock(mutex_);
  const auto urgent = [&] { return stop_ || !waiters_.empty(); };
  const auto any = [&] { return urgent() || writer_->pending(); };
  if (failing_) {
    wake_.wait_until(lock, retry_at_, urgent);
  } else if (writer_->unsynced()) {
    wake_.wait_until(lock, next_sync_, any);
  } else {
    wake_.wait(lock, any);
  }
  if (!failing_ && writer_->pending()) {
    const Clock::time_point write = std::max(next_write_, Clock::now() + kGatherTime);
    // What is written is synced in its time, however long the next has to wait.
    wake_.wait_until(lock, writer_->unsynced() ? std::min(write, next_sync_) : write, urgent);
  }
  Work work{.waiters = std::exchange(waiters_, {}), .stop = stop_};
  status_.waiters = work.waiters.size();
  return work;
}

void Journal::DoWork(Work work) {
  bool durable = false;
  if (failing_) {
    durable = (work.stop || Clock::now() >= retry_at_) && TryAgain();
  } else if (work.stop || !work.waiters.empty()) {
    durable = Sync();
  } else {
    if (Clock::now() >= next_write_) WriteBatch();
    if (!failing_ && writer_->unsynced() && Clock::now() >= next_sync_) SyncWritten();
  }
  {
    const std::lock_guard lock(mutex_);
    status_.waiters = 0;
  }
  for (const Done& done : work.waiters) done(durable);
}

void Journal::WriteBatch() {
  const Clock::time_point start = Clock::now();
  const std::uint64_t rows_before = writer_->counts().rows;
  const auto full = writer_->WriteStripe();
  const auto rows = static_cast<std::int64_t>(writer_->counts().rows - rows_before);
  // The rest of a stripe does not wait for the others' turns.
  const Clock::duration turn =
      full.value_or(false) ? Clock::duration() : settings_.write_interval / fleet::Fleet::kStripes;
  next_write_ = start + std::max<Clock::duration>(turn, rows * row_time_);
  Note(full ? std::expected<void, std::string>() : std::unexpected(full.error()));
}

bool Journal::Sync() {
  const Clock::time_point start = Clock::now();
  Note(writer_->Sync());
  NoteSync(start);
  return !failing_;
}

void Journal::SyncWritten() {
  const Clock::time_point start = Clock::now();
  Note(writer_->SyncWritten());
  NoteSync(start);
}

void Journal::NoteSync(Clock::time_point start) {
  const Clock::time_point end = Clock::now();
  next_sync_ = end + settings_.sync_interval;
  if (end - start >= kSlowSync && end >= next_slow_log_) {
    next_slow_log_ = end + kFailureLogInterval;
    Say(Gravity::kWarning, fmt::format("the disk of the journal {} is slow: a sync took {:.1f} s",
                                       settings_.store.directory.string(),
                                       std::chrono::duration<double>(end - start).count()));
  }
  const std::lock_guard lock(mutex_);
  status_.last_sync_time = end - start;
  status_.max_sync_time = std::max(status_.max_sync_time, status_.last_sync_time);
}

bool Journal::TryAgain() {
  auto result = writer_->Recover();
  if (result) result = writer_->Sync();
  failing_ = false;
  Note(result);
  if (failing_) return false;
  recovered_at_ = Clock::now();
  next_sync_ = recovered_at_ + settings_.sync_interval;
  Say(Gravity::kWarning, fmt::format("the journal {} works again, and all is on the disk",
                                     settings_.store.directory.string()));
  return true;
}

// What the writer has done, and whether it failed.
void Journal::Note(const std::expected<void, std::string>& result) {
  if (!result) Fail(result.error());
  const Writer::Counts& counts = writer_->counts();
  const std::lock_guard lock(mutex_);
  status_.rows_written = counts.rows;
  status_.bytes_written = counts.bytes;
  status_.syncs = counts.syncs;
  written_ = writer_->written();
  status_.state = failing_ ? Status::State::kFailing : Status::State::kOk;
  if (!failing_) status_.failing_since.reset();
}

void Journal::Fail(const std::string& error) {
  const Clock::time_point now = Clock::now();
  failing_ = true;
  // One that fails again and again is not tried more often for working in between.
  const bool lasting = status_.failing_since || now < recovered_at_ + settings_.retry_delay_max;
  retry_delay_ = lasting && retry_delay_ > Clock::duration::zero()
                     ? std::min<Clock::duration>(2 * retry_delay_, settings_.retry_delay_max)
                     : settings_.retry_delay_min;
  retry_at_ = now + retry_delay_;
  {
    const std::lock_guard lock(mutex_);
    status_.last_error = error;
    if (!status_.failing_since) {
      status_.failing_since = settings_.store.now();
      ++status_.failures;
    }
  }
  if (now < next_failure_log_) return;
  next_failure_log_ = now + kFailureLogInterval;
  Say(Gravity::kError,
      fmt::format("the journal {} fails, reports are kept in memory only; trying again: {}",
                  settings_.store.directory.string(), error));
}

void Journal::Say(Gravity gravity, const std::string& text) const {
  settings_.store.say(gravity, text);
}

}  // namespace herd::journal
