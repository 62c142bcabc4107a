#include "fleet/near_index.h"

#include <algorithm>

namespace herd::fleet {
namespace {

constexpr std::size_t kBucketsMin = 64;

// A bucket has one row to two on average: the rows of a cell share one, so that many are empty.
constexpr std::size_t kRowsPerBucketMax = 2;

}  // namespace

void NearIndex::Add(RowRef row) {
  const Place place = PlaceOf(row);
  Shard& shard = shards_[place.shard];
  const std::lock_guard lock(shard.mutex);
  if (shard.size >= kRowsPerBucketMax * shard.buckets.size()) Grow(shard);
  ++shard.size;
  Link(shard, place.hash, row);
}

void NearIndex::Link(Shard& shard, std::uint32_t hash, RowRef ref) {
  RowRef& first = FirstOf(shard, hash);
  Row& row = At(ref);
  row.near_previous_ = kNoRef;
  row.near_next_ = first;
  if (first != kNoRef) At(first).near_previous_ = ref;
  first = ref;
}

void NearIndex::Remove(RowRef row) {
  const Place place = PlaceOf(row);
  Shard& shard = shards_[place.shard];
  const std::lock_guard lock(shard.mutex);
  const Row& gone = At(row);
  for (Walk* walk : shard.walks) {
    if (walk->next_ == row) walk->next_ = gone.near_next_;
  }
  RowRef& before = gone.near_previous_ == kNoRef ? FirstOf(shard, place.hash)
                                                 : At(gone.near_previous_).near_next_;
  before = gone.near_next_;
  if (gone.near_next_ != kNoRef) At(gone.near_next_).near_previous_ = gone.near_previous_;
  --shard.size;
}

void NearIndex::Grow(Shard& shard) {
  std::vector<RowRef> before(std::max(kBucketsMin, 2 * shard.buckets.size()), kNoRef);
  before.swap(shard.buckets);
  for (RowRef ref : before) {
    while (ref != kNoRef) {
      const RowRef next = At(ref).near_next_;
      Link(shard, PlaceOf(ref).hash, ref);
      ref = next;
    }
  }
  // The lists are others now: they begin anew.
  for (Walk* walk : shard.walks) walk->next_ = FirstOf(shard, walk->place_.hash);
}

NearIndex::Walk::~Walk() {
  if (!waiting_) return;
  const std::lock_guard lock(index_.shards_[place_.shard].mutex);
  SetWaiting(false);
}

void NearIndex::Walk::SetWaiting(bool waiting) {
  if (waiting == waiting_) return;
  waiting_ = waiting;
  std::vector<Walk*>& walks = index_.shards_[place_.shard].walks;
  if (waiting) {
    walks.push_back(this);
  } else {
    std::erase(walks, this);
  }
}

}  // namespace herd::fleet
