#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "wire/time.h"

namespace herd::journal {

// Whether the system's clock may be believed when rows are to expire by it: one that is ahead, for
// a moment only, would make all of them expire. A clock is in doubt that is further ahead than a
// step of what is expected: of the newest time that was believed, which a journal remembers for the
// next start, and of the time that has passed since. It is believed again once it is back there, or
// once somebody has confirmed it. A clock that is behind is believed: nothing expires by it. Any
// thread.
class ClockGuard {
 public:
  // Of a clock that never jumps and goes on while the machine sleeps.
  using Steady = std::chrono::nanoseconds;

  enum class State {
    kBelieved,
    kAheadAtStart,  // the journal's last time is long ago
    kJumped,        // it has gone on by more than the time that has passed
  };

  // `wall` and `now` are the clocks' times. A `step_max` of 0: every clock is believed.
  ClockGuard(std::chrono::nanoseconds step_max, wire::UnixNanos wall, Steady now);

  // At the start, before any Look that counts: the newest time that the journal knows.
  State Remember(wire::UnixNanos newest, wire::UnixNanos wall, Steady now);

  // What to think of the clock now.
  State Look(wire::UnixNanos wall, Steady now);

  // Somebody knows that the clock is right as it is now.
  void Confirm();

  State state() const;

  // The time by which rows expire: the clock's own; while it has jumped, what it should show.
  wire::UnixNanos ExpiryTime(wire::UnixNanos wall, Steady now) const;

  // The newest time that is believed, for the journal to remember; nothing while the clock is in
  // doubt.
  std::optional<wire::UnixNanos> newest() const;

  // How far ahead of what is expected the clock was at the last Look; 0 when it was not.
  std::chrono::nanoseconds ahead() const;

 private:
  const std::chrono::nanoseconds step_max_;
  mutable std::mutex mutex_;
  wire::UnixNanos newest_;  // believed, and when that was
  Steady newest_at_;
  State state_ = State::kBelieved;
  bool confirm_ = false;
  std::chrono::nanoseconds ahead_{0};

  wire::UnixNanos Expected(Steady now) const;
  State Judge(wire::UnixNanos wall, Steady now, State doubt);
};

// The time of CLOCK_BOOTTIME.
ClockGuard::Steady SteadyTime();

}  // namespace herd::journal
