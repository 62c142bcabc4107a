#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "flood/link.h"
#include "net/loop.h"
#include "server/counters.h"

namespace herd::server {

// How late one loop is: a beat is due every kInterval, and how much later it comes is how long
// everything else on that loop had to wait. Recorded by the loop's thread, read by any.
class LoopDelay {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};

  // The beat that was due at `due` came `now`.
  void Record(flood::Instant due, flood::Instant now);

  std::chrono::nanoseconds last() const {
    return std::chrono::nanoseconds(last_ns_.load(std::memory_order_relaxed));
  }

  // The longest delay of the last minute; the one that is going on counts.
  std::chrono::nanoseconds MaxOfLastMinute(flood::Instant now) const;

  // Since the last beat; zero before the first.
  std::chrono::nanoseconds SilentFor(flood::Instant now) const;

  DurationCounts counts() const { return histogram_.counts(); }

 private:
  // The longest delay of one stretch of time.
  struct Slot {
    std::atomic<std::int64_t> stretch{-1};
    std::atomic<std::int64_t> max_ns{0};
  };
  static constexpr std::chrono::seconds kStretch{5};
  static constexpr std::int64_t kSlots = std::chrono::minutes(1) / kStretch;

  std::atomic<std::int64_t> last_ns_{0};
  std::atomic<std::int64_t> beat_ns_{0};  // when the last beat came, by the steady clock; 0: never
  std::array<Slot, kSlots> slots_;
  DurationHistogram histogram_;

  static std::int64_t StretchOf(flood::Instant now) { return now.time_since_epoch() / kStretch; }
};

// Gives a loop its beats. On the loop's thread.
class LoopMeter {
 public:
  LoopMeter(net::Loop& loop, LoopDelay& delay) : timer_(loop.context()), delay_(delay) {}

  // Before the loop runs, or on its thread.
  void Start();

 private:
  net::Timer timer_;
  LoopDelay& delay_;

  void Beat();
};

}  // namespace herd::server
