#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace herd::load {

// How often which duration was seen, from 0 to the greatest, in classes that are as wide as the
// durations in them are long: the idea of HdrHistogram. Each power of two of nanoseconds is cut
// into 128 equal classes, so whatever is read from it is at most 1/128 (0.8 %) over what was
// recorded, and exact below 256 ns. 58 KiB, whatever is recorded. One thread.
class Histogram {
 public:
  static constexpr double kErrorMax = 1.0 / 128;

  // Negative durations, from clocks that were set, count as 0.
  void Record(std::chrono::nanoseconds duration, std::uint64_t times = 1);

  // Adds all that `other` has seen.
  void Merge(const Histogram& other);

  std::uint64_t count() const { return count_; }

  // The duration that `percent` (0 to 100) of all do not exceed: the end of its class, but never
  // more than max(). 0 when nothing was recorded.
  std::chrono::nanoseconds Percentile(double percent) const;

  // Exact. 0 when nothing was recorded.
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }

  // Exact but for the rounding of doubles. 0 when nothing was recorded.
  std::chrono::nanoseconds Mean() const;

 private:
  static constexpr int kBits = 7;
  static constexpr std::uint64_t kClasses = std::uint64_t{1} << kBits;

  // Durations have 63 bits. The first two powers of two share the classes of width one.
  std::array<std::uint64_t, (63 - kBits) * kClasses + kClasses> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;

  static std::size_t ClassOf(std::uint64_t value) {
    if (value < kClasses) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
    return static_cast<std::size_t>(shift) * kClasses + (value >> shift);
  }

  // The greatest value of a class.
  static std::uint64_t EndOf(std::size_t index) {
    if (index < 2 * kClasses) return index;
    const auto shift = static_cast<int>(index / kClasses) - 1;
    return ((index % kClasses + kClasses + 1) << shift) - 1;
  }
};

}  // namespace herd::load
