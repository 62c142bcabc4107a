#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "geo/cap_box.h"
#include "geo/cells.h"
#include "places/index.h"

namespace herd::places {
namespace {

// Ranges of places that may lie within reach of a point.
struct Candidates {
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::vector<Range> ranges;
  std::uint64_t count = 0;
};

std::uint64_t BlockBegin(std::ptrdiff_t block, std::uint64_t place_count) {
  return std::min(static_cast<std::uint64_t>(block) * format::kBlockPlaces, place_count);
}

// `cells` are those of the first places of the blocks, of `place_count` places.
Candidates Within(std::span<const format::Cell> cells, std::uint64_t place_count,
                  const geo::LatLng& center, geo::Metres reach) {
  Candidates candidates;
  const geo::CapCover cover = geo::CoverCap(center, reach);
  candidates.ranges.reserve(cover.Ranges().size());
  auto from = cells.begin();
  for (const geo::CellRange& range : cover.Ranges()) {
    auto begin = std::lower_bound(from, cells.end(), range.first.value);
    const auto end = std::upper_bound(begin, cells.end(), range.last.value);
    // The block before may end with places of this range, and may have been taken already.
    if (begin != from) --begin;
    from = end;
    if (begin == end) continue;
    candidates.ranges.push_back({BlockBegin(begin - cells.begin(), place_count),
                                 BlockBegin(end - cells.begin(), place_count)});
    candidates.count += candidates.ranges.back().end - candidates.ranges.back().begin;
  }
  return candidates;
}

// A radius, at most `radius`, within which there are `count_max` places if there are that many in
// `radius`; mostly not much larger than need be. Places that follow each other are mostly near each
// other, so the nearest of a few about the center's own cell tell how far one has to look.
geo::Metres Bound(std::span<const format::Cell> cells, std::span<const format::Position> positions,
                  const geo::LatLng& center, geo::Metres radius, std::size_t count_max) {
  const auto after = std::ranges::upper_bound(cells, geo::LeafCell(center).value) - cells.begin();
  const auto apart = static_cast<std::ptrdiff_t>(
      1 + std::min<std::uint64_t>(count_max, positions.size()) / format::kBlockPlaces);
  const std::uint64_t begin =
      BlockBegin(std::max<std::ptrdiff_t>(after - 1 - apart, 0), positions.size());
  const std::uint64_t end = BlockBegin(after + apart, positions.size());
  if (end - begin < count_max) return radius;

  // Which are the nearest is found as on a flat map; how far they are is exact.
  struct Guess {
    double square;
    std::uint64_t place;
  };
  std::vector<Guess> guesses(end - begin);
  const geo::LatLngE7 from = geo::ToE7(center);
  const double shrink = std::cos(center.lat_deg * (std::numbers::pi / 180));
  for (std::uint64_t i = begin; i < end; ++i) {
    const double lat = static_cast<double>(positions[i].lat) - from.lat;
    const double lng = (static_cast<double>(positions[i].lng) - from.lng) * shrink;
    guesses[i - begin] = {lat * lat + lng * lng, i};
  }
  const auto last = guesses.begin() + static_cast<std::ptrdiff_t>(count_max);
  std::ranges::nth_element(guesses, last - 1, {}, &Guess::square);
  geo::Metres bound;
  for (auto guess = guesses.begin(); guess != last; ++guess) {
    bound = std::max(bound, geo::Distance(center, geo::ToLatLng(positions[guess->place])));
  }
  return std::min(bound, radius);
}

bool Precedes(const Index::Near& a, const Index::Near& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.place < b.place;
}

// The best places seen so far: a heap with the worst of them in front.
class Best {
 public:
  Best(const geo::LatLng& center, geo::Metres radius, std::size_t count_max)
      : center_(center), radius_(radius), count_max_(count_max), box_(center, radius) {}

  // Places come in the order of their numbers.
  void Offer(PlaceNumber place, const geo::LatLngE7& position) {
    if (!box_.MayContain(position)) return;
    const Index::Near near{place, geo::Distance(center_, geo::ToLatLng(position))};
    if (near.distance > radius_) return;
    if (IsFull()) {
      if (!Precedes(near, heap_.front())) return;
      std::ranges::pop_heap(heap_, Precedes);
      heap_.back() = near;
    } else {
      heap_.push_back(near);
    }
    std::ranges::push_heap(heap_, Precedes);
    if (IsFull() && heap_.front().distance < radius_) {
      radius_ = heap_.front().distance;
      box_ = geo::CapBox(center_, radius_);
    }
  }

  bool IsFull() const { return heap_.size() == count_max_; }
  geo::Metres Worst() const { return heap_.front().distance; }

  std::vector<Index::Near> Sorted() && {
    std::ranges::sort_heap(heap_, Precedes);
    return std::move(heap_);
  }

 private:
  geo::LatLng center_;
  geo::Metres radius_;  // what is farther is of no interest
  std::size_t count_max_;
  geo::CapBox box_;
  std::vector<Index::Near> heap_;
};

// Looking at this many places costs about as much as finding another range of them.
constexpr std::uint64_t kCandidatesFew = 256;
// A cover holds about this many times the area of its cap (10 to 20 by the place on the globe).
constexpr std::uint64_t kCoverExcess = 16;
// A reach that held too few grows to four times the area.
constexpr double kReachGrowth = 2;
// Below this there is nothing to gain, however many places share the spot.
constexpr geo::Metres kReachMin{1};

}  // namespace

std::vector<Index::Near> Index::Nearest(const geo::LatLng& center, geo::Metres radius,
                                        std::size_t count_max) const {
  if (count_max == 0) return {};
  const std::uint64_t wanted = kCandidatesFew + kCoverExcess * count_max;
  geo::Metres reach = radius;
  Candidates candidates = Within(cells_, PlaceCount(), center, reach);
  if (candidates.count > wanted) {
    reach = radius = Bound(cells_, positions_, center, radius, count_max);
    candidates = Within(cells_, PlaceCount(), center, reach);
  }
  // Where that did not help, a smaller cap still has enough: guess its size from how many the large
  // one has, look there, and go on outwards only when that did not settle it.
  while (candidates.count > 2 * wanted && reach > kReachMin) {
    const double share = static_cast<double>(wanted) / static_cast<double>(candidates.count);
    reach.value *= std::sqrt(share);
    candidates = Within(cells_, PlaceCount(), center, reach);
  }
  while (true) {
    Best best(center, radius, count_max);
    for (const auto& [begin, end] : candidates.ranges) {
      for (std::uint64_t i = begin; i < end; ++i) best.Offer({i}, positions_[i]);
    }
    const bool settled = reach >= radius || (best.IsFull() && best.Worst() <= reach);
    if (settled) return std::move(best).Sorted();
    // When there are enough, none beyond the worst of them matters; within that all do.
    reach = best.IsFull() ? best.Worst()
                          : geo::Metres{std::min(radius.value, reach.value * kReachGrowth)};
    candidates = Within(cells_, PlaceCount(), center, reach);
  }
}

}  // namespace herd::places
