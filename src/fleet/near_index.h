#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "fleet/hash.h"
#include "fleet/row.h"
#include "fleet/stable_vector.h"
#include "fleet/stripe_lock.h"
#include "geo/grid.h"

namespace herd::fleet {

// Which rows are in which cell of the globe's grid.
//
// A hash table of cells, in shards, each with a lock of its own; the rows of a bucket are a list
// through the rows. A row that moves within its cell, as nearly every report says, costs nothing
// here. Any thread may call every function; for one row those that change the index one at a time,
// which its stripe's lock sees to. The locks of the shards are taken under those of stripes, never
// the other way.
class NearIndex {
 public:
  // The stripes' rows, which outlive the index.
  using Stripes = std::array<StableVector<Row>*, kRanges>;

  explicit NearIndex(const Stripes& stripes) : stripes_(stripes) {}

  static RowRef RefOf(std::size_t stripe, std::uint32_t index) {
    return RowRef{static_cast<std::uint32_t>(stripe << kIndexBits) | index};
  }
  static std::size_t StripeOf(RowRef ref) { return static_cast<std::uint32_t>(ref) >> kIndexBits; }
  static std::uint32_t IndexOf(RowRef ref) {
    return static_cast<std::uint32_t>(ref) & ((1U << kIndexBits) - 1);
  }

  // While a row is in the index its position may change within the cell only.
  void Add(RowRef row);
  void Remove(RowRef row);

  // Calls `visit` with each row in the cell, under a lock of the index: it must be short and may
  // read only what Row says may be read without the stripe's lock.
  template <typename Visit>
  void ForEachIn(geo::GridCell cell, Visit&& visit) const {
    const Place place = PlaceOf(cell);
    const Shard& shard = shards_[place.shard];
    const std::lock_guard lock(shard.mutex);
    if (shard.buckets.empty()) return;
    for (RowRef ref = shard.buckets[place.hash & (shard.buckets.size() - 1)]; ref != kNoRef;) {
      const Row& row = At(ref);
      if (geo::CellOf(row.position()) == cell) visit(ref, row);
      ref = row.near_next_;
    }
  }

 private:
  static constexpr std::uint32_t kIndexBits = 24;
  static_assert(StableVector<Row>::kSizeMax == 1U << kIndexBits);
  static_assert(kRanges <= 1U << (32U - kIndexBits));

  static constexpr std::size_t kShards = 64;

  struct alignas(64) Shard {
    mutable StripeLock mutex;
    std::vector<RowRef> buckets;  // a power of two, or none
    std::size_t size = 0;
  };

  struct Place {
    std::size_t shard;
    std::uint32_t hash;
  };

  const Stripes stripes_;
  std::array<Shard, kShards> shards_;

  static Place PlaceOf(geo::GridCell cell) {
    // Fibonacci hashing (Knuth, TAOCP 6.4): neighbouring cells go far apart.
    const std::uint64_t hash = static_cast<std::uint64_t>(cell) * 0x9E37'79B9'7F4A'7C15U;
    return {.shard = hash >> 58U, .hash = static_cast<std::uint32_t>(hash >> 26U)};
  }

  Row& At(RowRef ref) const { return (*stripes_[StripeOf(ref)])[IndexOf(ref)]; }
  Place PlaceOf(RowRef ref) const { return PlaceOf(geo::CellOf(At(ref).position())); }

  void Link(Shard& shard, std::uint32_t hash, RowRef ref);
  void Grow(Shard& shard);
};

}  // namespace herd::fleet
