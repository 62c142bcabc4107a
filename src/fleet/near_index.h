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
 private:
  struct Place {
    std::size_t shard;
    std::uint32_t hash;
  };

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

  // A walk through the rows of one cell in pieces, between which the index's lock is free: a cell
  // may have very many. A row that leaves the cell meanwhile may be missed, one that comes or that
  // the table grows under may come twice. One thread; the index outlives it.
  class Walk {
   public:
    Walk(const NearIndex& index, geo::GridCell cell)
        : index_(index), cell_(cell), place_(PlaceOf(cell)) {}
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk();

    bool done() const { return done_; }

    // Calls `visit` with further rows of the cell, under a lock of the index: it must be short and
    // may read only what Row says may be read without the stripe's lock. Returns how many rows it
    // looked at, `rows_max` at most; those of other cells count.
    template <typename Visit>
    std::size_t Next(std::size_t rows_max, Visit&& visit);

   private:
    friend class NearIndex;

    const NearIndex& index_;
    const geo::GridCell cell_;
    const Place place_;
    RowRef next_ = kNoRef;
    bool waiting_ = false;  // the shard knows of it, and keeps next_ right
    bool done_ = false;

    void SetWaiting(bool waiting);
  };

 private:
  static constexpr std::uint32_t kIndexBits = 24;
  static_assert(StableVector<Row>::kSizeMax == 1U << kIndexBits);
  static_assert(kRanges <= 1U << (32U - kIndexBits));

  static constexpr std::size_t kShards = 64;

  struct alignas(64) Shard {
    mutable StripeLock mutex;
    std::vector<RowRef> buckets;  // a power of two, or none
    std::size_t size = 0;
    mutable std::vector<Walk*> walks;  // that wait between two pieces; nearly always none
  };

  static_assert(sizeof(Shard) == 64);

  const Stripes stripes_;
  std::array<Shard, kShards> shards_;

  static Place PlaceOf(geo::GridCell cell) {
    // Fibonacci hashing (Knuth, TAOCP 6.4): neighbouring cells go far apart.
    const std::uint64_t hash = static_cast<std::uint64_t>(cell) * 0x9E37'79B9'7F4A'7C15U;
    return {.shard = hash >> 58U, .hash = static_cast<std::uint32_t>(hash >> 26U)};
  }

  Row& At(RowRef ref) const { return (*stripes_[StripeOf(ref)])[IndexOf(ref)]; }
  Place PlaceOf(RowRef ref) const { return PlaceOf(geo::CellOf(At(ref).position())); }

  static RowRef& FirstOf(Shard& shard, std::uint32_t hash) {
    return shard.buckets[hash & (shard.buckets.size() - 1)];
  }

  void Link(Shard& shard, std::uint32_t hash, RowRef ref);
  void Grow(Shard& shard);
};

template <typename Visit>
std::size_t NearIndex::Walk::Next(std::size_t rows_max, Visit&& visit) {
  const Shard& shard = index_.shards_[place_.shard];
  const std::lock_guard lock(shard.mutex);
  if (!waiting_ && !shard.buckets.empty())
    next_ = shard.buckets[place_.hash & (shard.buckets.size() - 1)];
  std::size_t looked_at = 0;
  for (; next_ != kNoRef && looked_at < rows_max; ++looked_at) {
    const Row& row = index_.At(next_);
    if (geo::CellOf(row.position()) == cell_) visit(next_, row);
    next_ = row.near_next_;
  }
  done_ = next_ == kNoRef;
  SetWaiting(!done_);
  return looked_at;
}

}  // namespace herd::fleet
