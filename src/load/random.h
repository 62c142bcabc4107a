#pragma once

#include <cstdint>
#include <limits>

namespace herd::load {

// Random numbers that cost a loader next to nothing: splitmix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014). Not for secrets. One thread.
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed) : state_(seed) {}

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

  std::uint64_t operator()() {
    std::uint64_t mixed = state_ += 0x9E37'79B9'7F4A'7C15;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D0'49BB'1331'11EB;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

// From 0 to `end` - 1, chosen by 32 bits: a multiplication where a division would do, too.
inline std::uint64_t Below(std::uint64_t end, std::uint32_t chance) {
  return (chance * end) >> 32U;
}

}  // namespace herd::load
