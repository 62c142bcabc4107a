#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace herd::sim {

// Chance that depends on its seed alone, on every machine alike: splitmix64 (Steele, Lea and Flood,
// "Fast splittable pseudorandom number generators", 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

  // 0 to `end` - 1.
  std::size_t Below(std::size_t end) { return Next() % end; }

  // True `percent` times of a hundred.
  bool Chance(unsigned percent) { return Below(100) < percent; }

  std::chrono::nanoseconds Between(std::chrono::nanoseconds first, std::chrono::nanoseconds last) {
    const auto width = static_cast<std::uint64_t>((last - first).count()) + 1;
    return first + std::chrono::nanoseconds(static_cast<std::int64_t>(Next() % width));
  }

 private:
  std::uint64_t state_;
};

}  // namespace herd::sim
