#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "fleet/hash.h"

namespace herd::fleet {

// The sum of the hashes of a set of rows, modulo 2^64: equal for equal sets, and by chance only for
// others. Kept up in constant time as rows come and go.
class Digest {
 public:
  constexpr Digest() = default;
  constexpr explicit Digest(std::uint64_t sum) : sum_(sum) {}

  constexpr Digest& operator+=(RowHash row) {
    sum_ += std::to_underlying(row);
    return *this;
  }
  constexpr Digest& operator-=(RowHash row) {
    sum_ -= std::to_underlying(row);
    return *this;
  }
  constexpr Digest& operator+=(Digest other) {
    sum_ += other.sum_;
    return *this;
  }

  constexpr std::uint64_t value() const { return sum_; }
  friend constexpr bool operator==(Digest, Digest) = default;

 private:
  std::uint64_t sum_ = 0;
};

using RangeDigests = std::array<Digest, kRanges>;
using LeafDigests = std::array<Digest, kLeaves>;

}  // namespace herd::fleet
