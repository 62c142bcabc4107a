#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace herd::places {

// Counts events over a sliding window, in slots of a sixtieth of it: what was counted leaves the
// window at most one slot late, never early. So in no stretch of time as long as the window are
// more events counted than the limit, and memory does not grow with the limit. Not thread-safe.
class SlidingCount {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // At most `limit` events in any `window`; 0: no limit.
  SlidingCount(std::uint32_t limit, std::chrono::milliseconds window)
      : limit_(limit), slot_length_(window / kSlots) {}

  // Whether there is room for one more at `now`, which never goes back.
  bool HasRoom(TimePoint now);
  // Counts one. Only after HasRoom at the same time.
  void Add() { ++counts_[Index(slot_)], ++total_; }

 private:
  static constexpr std::int64_t kSlots = 60;

  // One slot more than the window has: the oldest is only partly in it.
  static std::size_t Index(std::int64_t slot) {
    return static_cast<std::size_t>(slot % (kSlots + 1));
  }
  void MoveTo(TimePoint now);

  std::uint32_t limit_;
  std::chrono::milliseconds slot_length_;
  std::optional<TimePoint> start_;  // of slot 0: the first use
  std::int64_t slot_ = 0;           // the newest
  std::array<std::uint32_t, kSlots + 1> counts_{};
  std::uint32_t total_ = 0;  // of counts_
};

// How many requests may go to Google: each costs money. Not thread-safe.
class RequestBudget {
 public:
  // 0: no limit. A minute and a day are any 60 seconds and any 24 hours.
  RequestBudget(std::uint32_t per_minute, std::uint32_t per_day)
      : minute_(per_minute, std::chrono::minutes(1)), day_(per_day, std::chrono::hours(24)) {}

  enum class Spent { kMinute, kDay };

  // Takes one request. If a budget is spent nothing is taken, and what comes back says which.
  std::optional<Spent> Take(SlidingCount::TimePoint now);

 private:
  SlidingCount minute_;
  SlidingCount day_;
};

}  // namespace herd::places
