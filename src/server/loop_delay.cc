#include "server/loop_delay.h"

#include <algorithm>

#include "server/clock.h"

namespace herd::server {
namespace {

std::int64_t Nanos(std::chrono::nanoseconds duration) {
  return duration.count();
}

}  // namespace

void LoopDelay::Record(flood::Instant due, flood::Instant now) {
  const std::chrono::nanoseconds delay =
      std::max<std::chrono::nanoseconds>(now - due, std::chrono::nanoseconds(0));
  histogram_.Record(delay);
  last_ns_.store(Nanos(delay), std::memory_order_relaxed);
  const std::int64_t stretch = StretchOf(now);
  Slot& slot = slots_[static_cast<std::size_t>(stretch % kSlots)];
  if (slot.stretch.load(std::memory_order_relaxed) == stretch) {
    if (Nanos(delay) > slot.max_ns.load(std::memory_order_relaxed))
      slot.max_ns.store(Nanos(delay), std::memory_order_relaxed);
  } else {
    // Who sees the new stretch sees its maximum too, not that of a minute ago.
    slot.max_ns.store(Nanos(delay), std::memory_order_relaxed);
    slot.stretch.store(stretch, std::memory_order_release);
  }
  beat_ns_.store(Nanos(now.time_since_epoch()), std::memory_order_relaxed);
}

std::chrono::nanoseconds LoopDelay::MaxOfLastMinute(flood::Instant now) const {
  std::int64_t max_ns = Nanos(SilentFor(now) - kInterval);
  const std::int64_t stretch = StretchOf(now);
  for (const Slot& slot : slots_) {
    if (slot.stretch.load(std::memory_order_acquire) <= stretch - kSlots) continue;
    max_ns = std::max(max_ns, slot.max_ns.load(std::memory_order_relaxed));
  }
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, max_ns));
}

std::chrono::nanoseconds LoopDelay::SilentFor(flood::Instant now) const {
  const std::int64_t beat_ns = beat_ns_.load(std::memory_order_relaxed);
  if (beat_ns == 0) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(
      std::max<std::int64_t>(0, Nanos(now.time_since_epoch()) - beat_ns));
}

void LoopMeter::Start() {
  timer_.expires_after(LoopDelay::kInterval);
  Beat();
}

void LoopMeter::Beat() {
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    delay_.Record(timer_.expiry(), SteadyNow());
    // Counted from now: beats that were missed are not made up for.
    timer_.expires_after(LoopDelay::kInterval);
    Beat();
  });
}

}  // namespace herd::server
