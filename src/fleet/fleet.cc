#include "fleet/fleet.h"

#include <algorithm>
#include <compare>

#include "fleet/follower.h"
#include "fleet/planted.h"

namespace herd::fleet {

Applied Fleet::Apply(const wire::At& at, LinkId from) {
  if (Expired(wire::IsForgotten(at.location_text), at.receipt)) return Applied::kExpired;
  const ClientHash hash = HashClient(key_, at.client);
  const std::size_t index = RangeOf(hash);
  Stripe& stripe = stripes_[index];
  const std::lock_guard lock(stripe.mutex);
  Row* row = stripe.rows.Find(at.client, hash);
  if (row == nullptr) {
    row = &stripe.rows.Insert(at, from, hash);
  } else {
    const std::strong_ordering order = row->Compare(at);
    if (order == std::strong_ordering::equal) return Applied::kKnown;
    if (order == std::strong_ordering::greater && !Planted(Fault::kApplyWithoutComparing))
      return Applied::kOlder;
    Discount(stripe, *row);
    row->Replace(at, from);
  }
  Count(stripe, *row);
  stripe.feed.Append(*row);
  for (Follower* follower : stripe.followers) follower->Notice(index);
  return Applied::kStored;
}

void Fleet::Count(Stripe& stripe, const Row& row) const {
  stripe.digests[LeafOf(row.hash())] += HashRow(key_, row.at_line());
  if (row.forgotten()) ++stripe.tombstones;
}

void Fleet::Discount(Stripe& stripe, const Row& row) const {
  stripe.digests[LeafOf(row.hash())] -= HashRow(key_, row.at_line());
  if (row.forgotten()) --stripe.tombstones;
}

std::size_t Fleet::size() const {
  std::size_t size = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    size += stripe.rows.size() - stripe.tombstones;
  }
  return size;
}

void Fleet::SetHorizon(Horizon horizon) {
  rows_horizon_.store(horizon.rows.value, std::memory_order_relaxed);
  tombstones_horizon_.store(horizon.tombstones.value, std::memory_order_relaxed);
}

Horizon Fleet::horizon() const {
  return {.rows = {rows_horizon_.load(std::memory_order_relaxed)},
          .tombstones = {tombstones_horizon_.load(std::memory_order_relaxed)}};
}

std::size_t Fleet::DropExpired(std::size_t number) {
  Stripe& stripe = stripes_[number];
  const std::lock_guard lock(stripe.mutex);
  std::vector<const Row*> expired;
  stripe.rows.ForEach([&](const Row& row) {
    if (Expired(row)) expired.push_back(&row);
  });
  if (expired.empty()) return 0;
  std::ranges::sort(expired);
  const auto is_gone = [&](const Row& row) { return std::ranges::binary_search(expired, &row); };
  for (const Row* row : expired) Discount(stripe, *row);
  stripe.feed.Remove(is_gone);
  stripe.rows.Remove(is_gone);
  return expired.size();
}

Digest Fleet::digest() const {
  Digest digest;
  for (const Digest range : range_digests()) digest += range;
  return digest;
}

RangeDigests Fleet::range_digests() const {
  RangeDigests digests;
  for (std::size_t range = 0; range < kRanges; ++range) {
    const std::lock_guard lock(stripes_[range].mutex);
    for (const Digest leaf : stripes_[range].digests) digests[range] += leaf;
  }
  return digests;
}

LeafDigests Fleet::leaf_digests(std::size_t range) const {
  const std::lock_guard lock(stripes_[range].mutex);
  return stripes_[range].digests;
}

std::vector<ClientHash> Fleet::ClientsIn(std::size_t range,
                                         const std::bitset<kLeaves>& leaves) const {
  std::vector<ClientHash> clients;
  {
    const std::lock_guard lock(stripes_[range].mutex);
    stripes_[range].rows.ForEach([&](const Row& row) {
      if (leaves[LeafOf(row.hash())]) clients.push_back(row.hash());
    });
  }
  std::ranges::sort(clients);
  return clients;
}

Cursors Fleet::newest() const {
  Cursors cursors;
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    const std::lock_guard lock(stripes_[stripe].mutex);
    cursors[stripe] = stripes_[stripe].feed.newest();
  }
  return cursors;
}

}  // namespace herd::fleet
