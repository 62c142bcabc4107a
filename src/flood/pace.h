#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace herd::flood {

using Instant = std::chrono::steady_clock::time_point;

// How much catching up may be on its way at a time, so that live reports behind it wait a few
// milliseconds at most: more while answers come as quickly as the quickest, half once they come
// later than that.
class Pace {
 public:
  // In whatever unit the caller counts.
  Pace(std::size_t min, std::size_t max) : min_(min), max_(max), window_(min) {}

  std::size_t window() const { return window_; }

  // What was asked at `asked` has been answered. Grows by one: doubles, that is, with each window.
  void Answered(Instant asked, Instant now) { Answered(asked, now, 1); }

  // The same for an answer that counts as many.
  void Answered(Instant asked, Instant now, std::size_t count) {
    const std::chrono::nanoseconds took = now - asked;
    quickest_ = std::min(took, quickest_.value_or(took));
    if (took <= *quickest_ + kWaitMax) {
      window_ = std::min(max_, window_ + count);
    } else if (asked >= slowed_at_) {
      // What was asked before the last slowing says nothing of what came after.
      window_ = std::max(min_, window_ / 2);
      slowed_at_ = now;
    }
  }

 private:
  static constexpr std::chrono::milliseconds kWaitMax{3};

  std::size_t min_;
  std::size_t max_;
  std::size_t window_;
  std::optional<std::chrono::nanoseconds> quickest_;
  Instant slowed_at_;
};

}  // namespace herd::flood
