#include <algorithm>
#include <tuple>

#include "fleet/fleet.h"
#include "geo/cap_box.h"

namespace herd::fleet {

std::vector<NearClient> Fleet::Nearest(const geo::LatLng& center, geo::Metres radius,
                                       std::size_t max) const {
  std::vector<NearClient> near;
  if (max == 0) return near;
  for (const Near& found : NearestRows(center, radius, max)) {
    const Stripe& stripe = *stripes_[NearIndex::StripeOf(found.row)];
    const std::lock_guard lock(stripe.mutex);
    const Row& row = stripe.rows[RowIndex{NearIndex::IndexOf(found.row)}];
    // It may have moved, or been removed, and its place may have been used again.
    if (!row.in_use() || row.forgotten() || Expired(row)) continue;
    const geo::Metres distance = geo::Distance(center, geo::ToLatLng(row.position()));
    if (distance > radius) continue;
    near.push_back({std::string(row.client()), row.at_line(), distance});
  }
  std::ranges::sort(near, {},
                    [](const NearClient& one) { return std::tie(one.distance, one.client); });
  return near;
}

template <typename Visit>
void Fleet::ForEachPlaced(Visit&& visit) const {
  for (std::size_t number = 0; number < kStripes; ++number) {
    const Stripe& stripe = *stripes_[number];
    const std::lock_guard lock(stripe.mutex);
    stripe.rows.ForEach([&](RowIndex index) {
      const Row& row = stripe.rows[index];
      if (!row.forgotten()) visit(NearIndex::RefOf(number, static_cast<std::uint32_t>(index)), row);
    });
  }
}

std::vector<Fleet::Near> Fleet::NearestRows(const geo::LatLng& center, geo::Metres radius,
                                            std::size_t max) const {
  std::vector<Near> nearest;        // a heap with the farthest in front
  geo::CapBox box(center, radius);  // of what may still be among them
  const auto consider = [&](RowRef ref, const Row& row) {
    const geo::LatLngE7 position = row.position();
    if (!box.MayContain(position) || Expired(false, row.receipt())) return;
    const geo::Metres distance = geo::Distance(center, geo::ToLatLng(position));
    if (distance > radius) return;
    if (nearest.size() == max) {
      if (distance >= nearest.front().distance) return;
      std::ranges::pop_heap(nearest, {}, &Near::distance);
      nearest.pop_back();
    }
    nearest.push_back({distance, ref});
    std::ranges::push_heap(nearest, {}, &Near::distance);
    if (nearest.size() == max) box = geo::CapBox(center, nearest.front().distance);
  };
  geo::CellsAround cells(center, radius);
  // To look a cell up costs about as much as to look at a row.
  if (cells.CountAll() > size()) {
    ForEachPlaced(consider);
    return nearest;
  }
  for (; !cells.done(); cells.NextRing()) {
    if (nearest.size() == max && nearest.front().distance < cells.bound()) break;
    cells.ForEach([&](geo::GridCell cell) { near_.ForEachIn(cell, consider); });
  }
  return nearest;
}

}  // namespace herd::fleet
