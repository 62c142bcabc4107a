#include "journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "journal/salvage.h"

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
        settings.store.horizon = [this, &fleet, clock = settings.clock] {
          // What is removed from the disk is gone: only by a clock that is believed.
          const bool ahead = clock != nullptr && clock->state() == ClockGuard::State::kAheadAtStart;
          return may_expire_ && !ahead ? fleet.horizon() : fleet::Horizon();
        };
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
  writer_ = std::make_unique<Writer>(fleet_, *store_, loaded->damaged, [this] {
    // Nothing may be missed between the thread's look and its sleep.
    {
      const std::lock_guard lock(mutex_);
    }
    wake_.notify_one();
  });
  write_all_ = loaded->damaged;
  held_back_ = settings_.clock != nullptr && loaded->expired > 0 &&
               settings_.clock->state() == ClockGuard::State::kAheadAtStart;
  may_expire_ = true;
  const Clock::time_point now = Clock::now();
  next_sync_ = now + settings_.sync_interval;
  next_look_ = now + settings_.look_interval;
  next_clock_ = now;
  next_rewrite_ = now + settings_.rewrite_interval;
  {
    const std::lock_guard lock(mutex_);
    status_.state = Status::State::kOk;
    status_.loaded = *loaded;
    status_.load_time = took;
    status_.held_back = held_back_ ? loaded->expired : 0;
    written_ = writer_->written();
  }
  SayWhatWasLoaded(*loaded, took);
  stalls_ = std::make_unique<StallWatch>(settings_.stall_timeout, [this] { OnStall(); });
  store_->WatchStalls(stalls_.get());
  thread_ = std::thread([this] { Run(); });
  return {};
}

void Journal::SayWhatWasLoaded(const Loaded& loaded, std::chrono::nanoseconds took) {
  const std::string directory = settings_.store.directory.string();
  Say(loaded.bad > 0 ? Gravity::kWarning : Gravity::kInfo,
      fmt::format("the journal {} has brought back {} clients in {:.3f} s; {} had expired, {} rows "
                  "were bad",
                  directory, loaded.rows, std::chrono::duration<double>(took).count(),
                  loaded.expired, loaded.bad));
  if (settings_.clock == nullptr || settings_.clock->state() != ClockGuard::State::kAheadAtStart)
    return;
  Say(Gravity::kError,
      fmt::format(
          "the clock is {} s ahead of the newest time in the journal {}: {} rows seem to "
          "have expired by it. They are held back, no row expires and nothing is removed from the "
          "disk until the clock is set right, or confirmed by `herd serve NAME --clock-confirmed`",
          std::chrono::duration_cast<std::chrono::seconds>(settings_.clock->ahead()).count(),
          directory, loaded.expired));
}

std::expected<Loaded, std::string> Journal::OpenAndLoad() {
  auto store = RocksStore::Open(settings_.store);
  if (!store) return std::unexpected(store.error());
  store_ = *std::move(store);
  const std::optional<wire::UnixNanos> recorded = store_->ReadClock();
  auto loaded = Load(*store_, fleet_, settings_.load_threads, settings_.store.say);
  if (loaded && loaded->damaged) {
    // It was sound a moment ago.
    auto anew = store_->StartAnew("a checksum is wrong");
    if (!anew) return std::unexpected(anew.error());
  }
  if (!loaded) return loaded;
  if (auto salvaged = SalvageUnread(*loaded); !salvaged) return std::unexpected(salvaged.error());
  JudgeClock(recorded ? recorded : loaded->newest);
  return loaded;
}

// What stands in journals that were set aside goes into the fleet, and what the fleet does not take
// to the present journal.
std::expected<void, std::string> Journal::SalvageUnread(Loaded& loaded) {
  for (const std::filesystem::path& aside : store_->unread()) {
    const auto salvaged = Salvage(
        aside, settings_.store.herd, settings_.store.server, fleet_,
        [this](std::string_view client, std::string_view line) { store_->Put(client, line); });
    loaded.damaged = true;
    if (!salvaged) {
      Say(Gravity::kError, "nothing is taken from a damaged journal: " + salvaged.error());
      continue;
    }
    if (auto written = store_->Write(); !written) return written;
    loaded.rows = fleet_.size();
    loaded.expired += salvaged->refused;
    loaded.newest = std::max(loaded.newest, salvaged->newest);
    Say(Gravity::kError,
        fmt::format("{} rows could be read in the damaged journal {}, and {} that "
                    "seem to have expired; the journal has {} clients now",
                    salvaged->rows, aside.string(), salvaged->refused, loaded.rows));
  }
  const std::lock_guard lock(mutex_);
  if (!store_->unread().empty()) status_.set_aside = store_->unread().back().string();
  status_.damages = store_->damages();
  return {};
}

void Journal::JudgeClock(const std::optional<wire::UnixNanos>& newest) {
  ClockGuard* const clock = settings_.clock;
  if (clock == nullptr) return;
  if (newest) clock->Remember(*newest, settings_.store.now(), SteadyTime());
  if (!settings_.clock_confirmed) return;
  clock->Confirm();
  clock->Look(settings_.store.now(), SteadyTime());
}

void Journal::WhenSynced(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_ && !stalled_) {
      waiters_.push_back(std::move(done));
      if (waiters_.size() > 1) return;
      wake_.notify_one();
      return;
    }
  }
  done(false);
}

void Journal::TakeHeldBack() {
  {
    const std::lock_guard lock(mutex_);
    take_held_back_ = true;
  }
  wake_.notify_one();
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
  if (store_) store_->WatchStalls(nullptr);
  stalls_.reset();
}

void Journal::Run() {
  bool stopping = false;
  while (!stopping) {
    const Work work = WaitForWork();
    stopping = work.stop;
    DoWork(work);
  }
  if (!failing_) WriteClock();
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
  const auto urgent = [&] { return stop_ || take_held_back_ || !waiters_.empty(); };
  const auto any = [&] { return urgent() || writer_->pending(); };
  const Clock::time_point chores = std::min({next_look_, next_clock_, next_rewrite_});
  if (write_all_) {
    // At once.
  } else if (failing_) {
    // What is held back has to wait, too.
    wake_.wait_until(lock, retry_at_, [&] { return stop_ || !waiters_.empty(); });
  } else if (writer_->unsynced()) {
    wake_.wait_until(lock, std::min(next_sync_, chores), any);
  } else {
    wake_.wait_until(lock, chores, any);
  }
  if (!failing_ && !write_all_ && writer_->pending()) {
    const Clock::time_point write = std::max(next_write_, Clock::now() + kGatherTime);
    // What is written is synced in its time, however long the next has to wait.
    wake_.wait_until(
        lock, std::min(writer_->unsynced() ? std::min(write, next_sync_) : write, chores), urgent);
  }
  in_hand_ = std::exchange(waiters_, {});
  status_.waiters = in_hand_.size();
  return {.waited_for = !in_hand_.empty(),
          .stop = stop_,
          .take_held_back = std::exchange(take_held_back_, false)};
}

void Journal::DoWork(Work work) {
  bool durable = false;
  if (failing_) {
    durable = (work.stop || Clock::now() >= retry_at_) && TryAgain();
  } else if (work.stop || work.waited_for || write_all_) {
    durable = Sync();
  } else {
    if (Clock::now() >= next_write_) WriteBatch();
    if (!failing_ && writer_->unsynced() && Clock::now() >= next_sync_) SyncWritten();
  }
  std::vector<Done> waiters;
  {
    const std::lock_guard lock(mutex_);
    status_.waiters = 0;
    waiters.swap(in_hand_);
    // Tried again later: when it works.
    if (work.take_held_back && failing_) take_held_back_ = true;
  }
  for (const Done& done : waiters) done(durable);
  if (failing_) return;
  if (work.take_held_back && held_back_) LoadHeldBack();
  if (!work.stop) DoChores();
}

// What is to be done now and then, however busy the journal is.
void Journal::DoChores() {
  const Clock::time_point now = Clock::now();
  if (now >= next_look_) {
    next_look_ = now + settings_.look_interval;
    Note(store_->CheckFiles());
  }
  if (!failing_ && now >= next_clock_) {
    next_clock_ = now + settings_.clock_interval;
    WriteClock();
  }
  if (!failing_ && now >= next_rewrite_) {
    next_rewrite_ = now + settings_.rewrite_interval;
    Note(store_->RewriteOld());
  }
}

// So that the next start notices a clock that is far ahead.
void Journal::WriteClock() {
  if (settings_.clock == nullptr) return;
  if (const auto newest = settings_.clock->newest()) Note(store_->WriteClock(*newest));
}

void Journal::LoadHeldBack() {
  const auto loaded = Load(*store_, fleet_, settings_.load_threads, settings_.store.say);
  if (!loaded) {
    Say(Gravity::kError, "what was held back cannot be read: " + loaded.error());
    return;
  }
  held_back_ = false;
  Say(Gravity::kWarning,
      fmt::format("the clock is believed again, and what was held back of the journal {} is taken: "
                  "there are {} clients now; {} rows have expired",
                  settings_.store.directory.string(), fleet_.size(), loaded->expired));
  const std::lock_guard lock(mutex_);
  status_.held_back = 0;
}

// On the watch's thread, while the journal's own is in the store.
void Journal::OnStall() {
  const std::string error =
      fmt::format("the disk has not answered for {:.1f} s",
                  std::chrono::duration<double>(settings_.stall_timeout).count());
  std::vector<Done> waiters;
  {
    const std::lock_guard lock(mutex_);
    stalled_ = true;
    status_.state = Status::State::kFailing;
    status_.last_error = error;
    if (!status_.failing_since) {
      status_.failing_since = settings_.store.now();
      ++status_.failures;
    }
    waiters.swap(in_hand_);
    waiters.insert(waiters.end(), std::make_move_iterator(waiters_.begin()),
                   std::make_move_iterator(waiters_.end()));
    waiters_.clear();
    status_.waiters = 0;
  }
  Say(Gravity::kError, fmt::format("the journal {} fails, reports are kept in memory only: {}",
                                   settings_.store.directory.string(), error));
  for (const Done& done : waiters) done(false);
  store_->Interrupt();
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
  write_all_ = false;
  if (!failing_) store_->MarkAllRead();
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
  Loaded ignored;
  if (result) result = SalvageUnread(ignored);
  if (result) result = writer_->Sync();
  failing_ = false;
  Note(result);
  if (failing_) return false;
  store_->MarkAllRead();
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
  if (std::exchange(stalled_, false) && !failing_) {
    Say(Gravity::kWarning,
        fmt::format("the journal {} works again", settings_.store.directory.string()));
  }
  status_.damages = store_->damages();
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
