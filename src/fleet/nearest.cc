#include <algorithm>
#include <compare>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "fleet/fleet.h"
#include "geo/cap_box.h"

namespace herd::fleet {
namespace {

// So many rows are looked at under one hold of a lock, and so many rows and cells between two
// pauses: some ten microseconds, as much as a miss of the cache takes for each.
constexpr std::size_t kRowsAtATime = 128;

// Searched anew when rows have moved away, so that there might be nearer ones than are left.
constexpr int kTriesMax = 4;

// More than are asked for are looked for, so that some may move away.
constexpr std::size_t Wanted(std::size_t max) {
  return max + max / 4 + 4;
}

// A row, and how near it was.
struct Near {
  geo::Metres distance;
  RowRef row;
};

// The nearest of all rows that are shown to it: `count_max` of them, and all those that are just as
// far as the farthest.
class NearestFew {
 public:
  explicit NearestFew(std::size_t count_max) : count_max_(count_max) {}

  bool full() const { return heap_.size() == count_max_; }
  geo::Metres farthest() const { return heap_.front().distance; }

  // When it is full: at most as far as the farthest.
  void Add(const Near& near) {
    if (full()) {
      if (near.distance == farthest()) {
        as_far_.push_back(near.row);
        return;
      }
      std::ranges::pop_heap(heap_, {}, &Near::distance);
      const Near out = heap_.back();
      heap_.back() = near;
      std::ranges::push_heap(heap_, {}, &Near::distance);
      if (out.distance > farthest()) {
        as_far_.clear();
      } else {
        as_far_.push_back(out.row);
      }
      return;
    }
    heap_.push_back(near);
    std::ranges::push_heap(heap_, {}, &Near::distance);
  }

  // Each once.
  std::vector<RowRef> Rows() && {
    for (const Near& near : heap_) as_far_.push_back(near.row);
    std::ranges::sort(as_far_);
    const auto again = std::ranges::unique(as_far_);
    as_far_.erase(again.begin(), again.end());
    return std::move(as_far_);
  }

 private:
  const std::size_t count_max_;
  std::vector<Near> heap_;  // the farthest in front
  std::vector<RowRef> as_far_;
};

bool IsBefore(const NearClient& one, const NearClient& other) {
  return std::tie(one.distance, one.client) < std::tie(other.distance, other.client);
}

}  // namespace

// One search: the rows by their positions alone, which need no stripe's lock, then these rows
// themselves.
class NearSearch {
 public:
  NearSearch(const Fleet& fleet, const geo::LatLng& center, geo::Metres radius, std::size_t max,
             const NearBudget& budget)
      : fleet_(fleet), center_(center), radius_(radius), max_(max), budget_(budget) {}

  NearAnswer Run() {
    for (int tries = 0; tries < kTriesMax; ++tries) {
      NearestFew nearest(Wanted(max_));
      LookAround(nearest);
      // All rows as near as that have been seen.
      const bool cut = nearest.full();
      const geo::Metres reach = cut ? nearest.farthest() : radius_;
      answer_.clients = Read(std::move(nearest).Rows(), reach);
      if (!cut || answer_.clients.size() == max_ || !answer_.complete) return std::move(answer_);
    }
    // They move faster than they are found.
    answer_.complete = false;
    return std::move(answer_);
  }

 private:
  const Fleet& fleet_;
  const geo::LatLng center_;
  const geo::Metres radius_;
  const std::size_t max_;
  const NearBudget budget_;
  NearAnswer answer_;
  std::size_t paused_at_ = 0;  // rows and cells

  // Whether no more is to be looked at. No lock is held.
  bool Spent() {
    if (answer_.rows + answer_.cells >= paused_at_ + kRowsAtATime) {
      paused_at_ = answer_.rows + answer_.cells;
      if (budget_.pause) budget_.pause();
    }
    const bool left = answer_.rows < budget_.rows_max && answer_.cells < budget_.cells_max;
    if (left && !budget_.stop.stop_requested()) return false;
    answer_.complete = false;
    return true;
  }

  void LookAround(NearestFew& nearest) {
    geo::CapBox box(center_, radius_);  // of what may still be among them
    const auto consider = [&](RowRef ref, const Row& row) {
      const geo::LatLngE7 position = row.position();
      if (!box.MayContain(position) || fleet_.Expired(false, row.receipt())) return;
      const geo::Metres distance = geo::Distance(center_, geo::ToLatLng(position));
      if (distance > radius_ || (nearest.full() && distance > nearest.farthest())) return;
      nearest.Add({distance, ref});
      if (nearest.full()) box = geo::CapBox(center_, nearest.farthest());
    };
    geo::CellsAround cells(center_, radius_);
    // To look a cell up costs about as much as to look at a row.
    if (cells.CountAll() > fleet_.size()) {
      LookAtAll(consider);
    } else {
      LookAtCells(cells, nearest, consider);
    }
  }

  template <typename Consider>
  void LookAtCells(geo::CellsAround& cells, const NearestFew& nearest, Consider&& consider) {
    for (; !cells.done(); cells.NextRing()) {
      answer_.searched = cells.bound();
      if (nearest.full() && nearest.farthest() < cells.bound()) return;
      cells.ForEach([&](geo::GridCell cell) {
        if (Spent()) return;
        ++answer_.cells;
        NearIndex::Walk walk(fleet_.near_, cell);
        while (!walk.done() && !Spent()) answer_.rows += walk.Next(kRowsAtATime, consider);
      });
      if (!answer_.complete) return;
    }
    answer_.searched = radius_;
  }

  template <typename Consider>
  void LookAtAll(Consider&& consider) {
    for (std::size_t number = 0; number < Fleet::kStripes; ++number) {
      const Fleet::Stripe& stripe = *fleet_.stripes_[number];
      for (std::uint32_t next = 0, size = 1; next < size;) {
        if (Spent()) return;
        const std::lock_guard lock(stripe.mutex);
        size = stripe.rows.places();
        const std::uint32_t end = std::min(size, next + std::uint32_t{kRowsAtATime});
        answer_.rows += end - next;
        for (; next < end; ++next) {
          const Row& row = stripe.rows[RowIndex{next}];
          if (row.in_use() && !row.forgotten()) consider(NearIndex::RefOf(number, next), row);
        }
      }
    }
    answer_.searched = radius_;
  }

  // The first `max_` of these rows by distance and ID, as they are now. One that has moved farther
  // than `reach` is left out: rows in between have not been looked at.
  std::vector<NearClient> Read(std::span<const RowRef> rows, geo::Metres reach) const {
    std::vector<NearClient> first;  // a heap, the last of them in front
    for (const RowRef ref : rows) {
      const Fleet::Stripe& stripe = *fleet_.stripes_[NearIndex::StripeOf(ref)];
      const std::lock_guard lock(stripe.mutex);
      const Row& row = stripe.rows[RowIndex{NearIndex::IndexOf(ref)}];
      // It may have been removed, and its place may have been used again.
      if (!row.in_use() || row.forgotten() || fleet_.Expired(row)) continue;
      const geo::Metres distance = geo::Distance(center_, geo::ToLatLng(row.position()));
      if (distance > reach) continue;
      if (first.size() == max_) {
        const NearClient& last = first.front();
        if (distance > last.distance) continue;
        if (distance == last.distance && row.client() >= last.client) continue;
        std::ranges::pop_heap(first, IsBefore);
        first.pop_back();
      }
      first.push_back({std::string(row.client()), row.at_line(), distance});
      std::ranges::push_heap(first, IsBefore);
    }
    std::ranges::sort(first, IsBefore);
    return first;
  }
};

NearAnswer Fleet::Nearest(const geo::LatLng& center, geo::Metres radius, std::size_t max,
                          const NearBudget& budget) const {
  if (max == 0) return {};
  return NearSearch(*this, center, radius, max, budget).Run();
}

}  // namespace herd::fleet
