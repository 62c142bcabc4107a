#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace herd::server {

// A count that one thread adds to and any thread reads. As cheap as a plain integer: no operation
// that locks the bus is needed for one writer.
class Counter {
 public:
  void Add(std::uint64_t count = 1) { value_.store(value() + count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// The upper bounds of the classes that durations are counted in: from what an answer out of memory
// takes to what a stuck disk or network does.
inline constexpr std::array<std::chrono::microseconds, 16> kDurationBounds = {
    std::chrono::microseconds(25),        std::chrono::microseconds(100),
    std::chrono::microseconds(250),       std::chrono::microseconds(500),
    std::chrono::microseconds(1'000),     std::chrono::microseconds(2'500),
    std::chrono::microseconds(5'000),     std::chrono::microseconds(10'000),
    std::chrono::microseconds(25'000),    std::chrono::microseconds(50'000),
    std::chrono::microseconds(100'000),   std::chrono::microseconds(250'000),
    std::chrono::microseconds(500'000),   std::chrono::microseconds(1'000'000),
    std::chrono::microseconds(2'500'000), std::chrono::microseconds(5'000'000)};

// How many durations fell into each class.
struct DurationCounts {
  // One for each bound: over the bound before, and at most this one. The last: over all bounds.
  std::array<std::uint64_t, kDurationBounds.size() + 1> counts{};
  std::chrono::nanoseconds sum{0};

  std::uint64_t count() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }

  DurationCounts& operator+=(const DurationCounts& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum += other.sum;
    return *this;
  }
};

// Durations, recorded by one thread and read by any.
class DurationHistogram {
 public:
  void Record(std::chrono::nanoseconds duration) {
    const auto bound = std::ranges::lower_bound(kDurationBounds, duration);
    counts_[static_cast<std::size_t>(bound - kDurationBounds.begin())].Add();
    sum_ns_.Add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count())));
  }

  DurationCounts counts() const {
    DurationCounts counts;
    for (std::size_t i = 0; i < counts_.size(); ++i) counts.counts[i] = counts_[i].value();
    counts.sum = std::chrono::nanoseconds(static_cast<std::int64_t>(sum_ns_.value()));
    return counts;
  }

 private:
  std::array<Counter, kDurationBounds.size() + 1> counts_;
  Counter sum_ns_;
};

}  // namespace herd::server
