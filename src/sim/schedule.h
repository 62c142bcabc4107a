#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "flood/pace.h"

namespace herd::sim {

using flood::Instant;

// What is to happen, and the time, which passes only by that.
class Schedule {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }

  // Actions of one time happen in the order in which they were scheduled.
  void At(Instant time, Action action) {
    events_.push({std::max(time, now_), ++last_number_, std::move(action)});
  }
  void After(std::chrono::nanoseconds delay, Action action) { At(now_ + delay, std::move(action)); }

  // Lets everything happen up to and with `end`.
  void RunUntil(Instant end) {
    while (!events_.empty() && events_.top().time <= end) {
      // The queue gives a const reference only, so that nobody changes the order.
      Event event = events_.top();
      events_.pop();
      now_ = event.time;
      event.action();
    }
    now_ = end;
  }

 private:
  struct Event {
    Instant time;
    std::uint64_t number;
    Action action;

    bool operator<(const Event& other) const {
      return std::pair(other.time, other.number) < std::pair(time, number);
    }
  };

  std::priority_queue<Event> events_;
  std::uint64_t last_number_ = 0;
  Instant now_{};
};

}  // namespace herd::sim
