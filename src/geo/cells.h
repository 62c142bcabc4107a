#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "geo/distance.h"
#include "geo/lat_lng.h"

namespace herd::geo {

// A leaf cell of the S2 grid (s2geometry.io), about a square centimetre. In the order of these ids
// points that are near on the ground are mostly near in the list.
struct CellId {
  std::uint64_t value = 0;

  friend auto operator<=>(const CellId&, const CellId&) = default;
};

// The leaf cell that holds a point.
CellId LeafCell(const LatLng& point);

// All leaf cells from `first` to `last`, both included.
struct CellRange {
  CellId first;
  CellId last;
};

// A few ranges of cells that hold every point of a cap, and more points around it.
class CapCover {
 public:
  // In ascending order and apart from each other.
  std::span<const CellRange> Ranges() const { return {ranges_.data(), size_}; }

 private:
  friend CapCover CoverCap(const LatLng& center, Metres radius);

  static constexpr std::size_t kRangesMax = 6;  // the faces of the cube

  std::array<CellRange, kRangesMax> ranges_;
  std::size_t size_ = 0;
};

// Covers the points within `radius` of `center`, by great-circle distance, also round a pole and
// across the antimeridian. The radius is 0 or more; from about a quarter of the globe on, the cover
// is all of it.
CapCover CoverCap(const LatLng& center, Metres radius);

}  // namespace herd::geo
