#include "journal/clock_guard.h"

#include <ctime>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace herd::journal {

using wire::Int128;
using wire::UnixNanos;

ClockGuard::ClockGuard(std::chrono::nanoseconds step_max, UnixNanos wall, Steady now)
    : step_max_(step_max), newest_(wall), newest_at_(now) {}

ClockGuard::State ClockGuard::Remember(UnixNanos newest, UnixNanos wall, Steady now) {
  const std::lock_guard lock(mutex_);
  newest_ = newest;
  newest_at_ = now;
  return Judge(wall, now, State::kAheadAtStart);
}

ClockGuard::State ClockGuard::Look(UnixNanos wall, Steady now) {
  const std::lock_guard lock(mutex_);
  return Judge(wall, now, state_ == State::kAheadAtStart ? state_ : State::kJumped);
}

ClockGuard::State ClockGuard::Judge(UnixNanos wall, Steady now, State doubt) {
  const UnixNanos expected = Expected(now);
  const Int128 ahead = (wall - expected).nanos;
  const bool confirmed = std::exchange(confirm_, false);
  if (!confirmed && step_max_ != Steady::zero() && ahead > step_max_.count()) {
    constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
    ahead_ = Steady(static_cast<std::int64_t>(std::min(ahead, kMost)));
    return state_ = doubt;
  }
  // One that was set back is not to be taken for one that jumps when it is right again.
  newest_ = confirmed ? wall : std::max(wall, expected);
  newest_at_ = now;
  ahead_ = Steady::zero();
  return state_ = State::kBelieved;
}

void ClockGuard::Confirm() {
  const std::lock_guard lock(mutex_);
  confirm_ = true;
}

ClockGuard::State ClockGuard::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

UnixNanos ClockGuard::ExpiryTime(UnixNanos wall, Steady now) const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kJumped ? std::min(wall, Expected(now)) : wall;
}

std::optional<UnixNanos> ClockGuard::newest() const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kBelieved) return std::nullopt;
  return newest_;
}

std::chrono::nanoseconds ClockGuard::ahead() const {
  const std::lock_guard lock(mutex_);
  return ahead_;
}

UnixNanos ClockGuard::Expected(Steady now) const {
  return (newest_ + wire::Skew{(now - newest_at_).count()})
      .value_or(UnixNanos{std::numeric_limits<std::int64_t>::max()});
}

ClockGuard::Steady SteadyTime() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace herd::journal
