#include "fleet/fleet.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>

#include "fleet/follower.h"
#include "fleet/planted.h"

namespace herd::fleet {
namespace {

RowRef RefOf(std::size_t stripe, RowIndex index) {
  return NearIndex::RefOf(stripe, static_cast<std::uint32_t>(index));
}

// The latest time that there is.
constexpr wire::UnixNanos kLatest{std::numeric_limits<std::int64_t>::max()};

constexpr std::size_t WithOthersShare(std::size_t bound) {
  return bound + bound / Bounds::kOthersShare;
}

}  // namespace

Fleet::Fleet(const HashKey& key, Bounds bounds)
    : key_(key),
      bounds_([&] {
        std::ranges::sort(bounds.servers);
        return std::move(bounds);
      }()),
      stripes_([&] {
        std::vector<std::unique_ptr<Stripe>> stripes;
        for (std::size_t i = 0; i < kStripes; ++i)
          stripes.push_back(std::make_unique<Stripe>(key, memory_));
        return stripes;
      }()),
      near_([&] {
        NearIndex::Stripes rows{};
        for (std::size_t i = 0; i < kStripes; ++i) rows[i] = &stripes_[i]->rows.rows();
        return rows;
      }()) {
  FollowClock();
}

std::optional<Applied> Fleet::TryApply(const wire::At& at, ClientHash client, LinkId from,
                                       Receipt receipt) {
  if (Expired(wire::IsForgotten(at.location_text), at.receipt)) return Applied::kExpired;
  // Our own clients' reports have our own clock's receipts, or nearly, and our own name.
  const bool is_own = receipt == Receipt::kNotEarly;
  if (!is_own && IsAhead(at.receipt)) return Applied::kAhead;
  const std::size_t number = RangeOf(client);
  Stripe& stripe = *stripes_[number];
  const std::lock_guard lock(stripe.mutex);
  __builtin_prefetch(&stripe.digests[LeafOf(client)]);
  RowIndex index = stripe.rows.Find(at.client, client);
  if (index == kNoRow) {
    if (!is_own && !Knows(at.server)) return Applied::kUnknownServer;
    if (stripe.rows.full() || !Reserve(Row().HeapBytesWith(at), from)) return Applied::kFull;
    index = stripe.rows.Insert(at, from, client);
    if (!stripe.rows[index].forgotten()) near_.Add(RefOf(number, index));
  } else {
    stripe.feed.PrefetchAround(index);
    Row& row = stripe.rows[index];
    if (!IsAhead(row.receipt())) [[likely]] {
      if (is_own && row.receipt() >= at.receipt && row.receipt() != kLatest) return std::nullopt;
      const std::strong_ordering order = row.Compare(at);
      if (order == std::strong_ordering::equal) return Applied::kKnown;
      if (order == std::strong_ordering::greater && !Planted(Fault::kApplyWithoutComparing))
        return Applied::kOlder;
    }
    if (!is_own && row.server() != at.server && !Knows(at.server)) return Applied::kUnknownServer;
    if (!ReserveMore(row.heap_bytes(), row.HeapBytesWith(at))) return Applied::kFull;
    Discount(stripe, client, index);
    Replace(RefOf(number, index), row, at, from);
  }
  stripe.feed.Append(index, stripe.rows[index].hash(key_, client));
  Count(stripe, client, index);
  for (Follower* follower : stripe.followers) follower->Notice(number);
  return Applied::kStored;
}

wire::UnixNanos Fleet::ReceiptFor(ClientHash client, wire::UnixNanos now) const {
  wire::UnixNanos receipt = now;
  FindRow(client, [&](const Row& row) {
    receipt = std::max(now, (row.receipt() + wire::Skew{1}).value_or(kLatest));
  });
  return receipt;
}

wire::UnixNanos Fleet::FollowClock() const {
  if (!bounds_.clock) return kLatest;
  const wire::UnixNanos latest =
      (bounds_.clock() + wire::Skew{bounds_.receipt_ahead.count()}).value_or(kLatest);
  latest_.store(latest.value, std::memory_order_relaxed);
  return latest;
}

bool Fleet::Knows(std::string_view server) const {
  return bounds_.servers.empty() || std::ranges::binary_search(bounds_.servers, server);
}

bool Fleet::Reserve(std::size_t heap_bytes, LinkId from) {
  const std::size_t bytes = kRowBytes + heap_bytes;
  const bool is_own = from == kFromClient;
  const std::size_t rows_max = is_own ? bounds_.rows : WithOthersShare(bounds_.rows);
  const std::size_t bytes_max = is_own ? bounds_.bytes : WithOthersShare(bounds_.bytes);
  if (rows_.fetch_add(1, std::memory_order_relaxed) < rows_max) {
    if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max) return true;
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  rows_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Fleet::ReserveMore(std::size_t heap_bytes_before, std::size_t heap_bytes) {
  if (heap_bytes == heap_bytes_before) [[likely]]
    return true;
  if (heap_bytes < heap_bytes_before) {
    bytes_.fetch_sub(heap_bytes_before - heap_bytes, std::memory_order_relaxed);
    return true;
  }
  const std::size_t more = heap_bytes - heap_bytes_before;
  const std::size_t bytes_max = bounds_.bytes + bounds_.bytes / Bounds::kKnownShare;
  if (bytes_.fetch_add(more, std::memory_order_relaxed) + more <= bytes_max) return true;
  bytes_.fetch_sub(more, std::memory_order_relaxed);
  return false;
}

bool Fleet::full_for_neighbours() const {
  const Usage used = usage();
  return used.rows >= WithOthersShare(bounds_.rows) ||
         used.bytes + kRowBytes > WithOthersShare(bounds_.bytes);
}

std::size_t Fleet::rows_left() const {
  const Usage used = usage();
  if (used.rows >= bounds_.rows || used.bytes >= bounds_.bytes) return 0;
  return std::min(bounds_.rows - used.rows, (bounds_.bytes - used.bytes) / kRowBytes);
}

void Fleet::Prefetch(std::span<const ClientHash> clients) const {
  for (const ClientHash client : clients) {
    const Stripe& stripe = *stripes_[RangeOf(client)];
    const std::lock_guard lock(stripe.mutex);
    stripe.rows.PrefetchSlots(client);
  }
  std::array<const Row*, kPrefetched> rows;
  std::size_t count = 0;
  for (const ClientHash client : clients) {
    const Stripe& stripe = *stripes_[RangeOf(client)];
    const std::lock_guard lock(stripe.mutex);
    const RowIndex row = stripe.rows.PrefetchRow(client);
    if (row == kNoRow) continue;
    stripe.feed.Prefetch(row);
    if (count < rows.size()) rows[count++] = &stripe.rows[row];
  }
  // Processors drop a prefetch whose page has to be looked up first, but no load; and these, with
  // no lock between them, are all under way at once. That spares a report 7 % of its time.
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t touched = rows[i]->receipt().value;
    asm volatile("" ::"r"(touched));
  }
}

void Fleet::Replace(RowRef ref, Row& row, const wire::At& at, LinkId from) {
  const bool was_somewhere = !row.forgotten();
  const bool is_somewhere = !wire::IsForgotten(at.location_text);
  const geo::LatLngE7 to{.lat = at.location.point.latitude, .lng = at.location.point.longitude};
  const bool stays =
      was_somewhere && is_somewhere && geo::CellOf(row.position()) == geo::CellOf(to);
  if (was_somewhere && !stays) near_.Remove(ref);
  row.Assign(at, from);
  if (is_somewhere && !stays) near_.Add(ref);
}

void Fleet::Count(Stripe& stripe, ClientHash client, RowIndex row) {
  stripe.digests[LeafOf(client)] += stripe.feed.hash(row);
  if (stripe.rows[row].forgotten()) ++stripe.tombstones;
}

void Fleet::Discount(Stripe& stripe, ClientHash client, RowIndex row) {
  stripe.digests[LeafOf(client)] -= stripe.feed.hash(row);
  if (stripe.rows[row].forgotten()) --stripe.tombstones;
}

std::size_t Fleet::size() const {
  std::size_t size = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    size += stripe->rows.size() - stripe->tombstones;
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
  Stripe& stripe = *stripes_[number];
  const std::lock_guard lock(stripe.mutex);
  std::vector<RowIndex> expired;
  stripe.rows.ForEach([&](RowIndex index) {
    if (Expired(stripe.rows[index])) expired.push_back(index);
  });
  for (const RowIndex index : expired) {
    const Row& row = stripe.rows[index];
    Discount(stripe, HashClient(key_, row.client()), index);
    if (!row.forgotten()) near_.Remove(RefOf(number, index));
    rows_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(kRowBytes + row.heap_bytes(), std::memory_order_relaxed);
    stripe.feed.Remove(index);
    stripe.rows.Remove(index);
  }
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
    const std::lock_guard lock(stripes_[range]->mutex);
    for (const Digest leaf : stripes_[range]->digests) digests[range] += leaf;
  }
  return digests;
}

LeafDigests Fleet::leaf_digests(std::size_t range) const {
  const std::lock_guard lock(stripes_[range]->mutex);
  return stripes_[range]->digests;
}

std::vector<ClientHash> Fleet::ClientsIn(std::size_t range,
                                         const std::bitset<kLeaves>& leaves) const {
  std::vector<ClientHash> clients;
  {
    const std::lock_guard lock(stripes_[range]->mutex);
    const RowTable& rows = stripes_[range]->rows;
    rows.ForEach([&](RowIndex index) {
      const ClientHash client = HashClient(key_, rows[index].client());
      if (leaves[LeafOf(client)]) clients.push_back(client);
    });
  }
  std::ranges::sort(clients);
  return clients;
}

Cursors Fleet::newest() const {
  Cursors cursors;
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    const std::lock_guard lock(stripes_[stripe]->mutex);
    cursors[stripe] = stripes_[stripe]->feed.newest();
  }
  return cursors;
}

}  // namespace herd::fleet
