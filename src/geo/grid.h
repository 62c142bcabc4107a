#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "geo/distance.h"
#include "geo/lat_lng.h"
#include "geo/lat_lng_e7.h"

namespace herd::geo {

// A cell of a grid over the globe, for whoever must find the cell of a point in a few nanoseconds:
// the globe is cut into bands of equal latitude, about 1.22 km high, and each band into as many
// columns as make its cells about as wide as high. The value is the row (0 in the south) times
// 65536 plus the column (0 east of the antimeridian).
enum class GridCell : std::uint32_t {};

inline constexpr std::uint32_t kGridRows = 16384;
// Columns of the bands at the equator.
inline constexpr std::uint32_t kGridColumnsMax = 32768;

// How many columns each band has; at least one.
extern const std::array<std::uint16_t, kGridRows> kGridColumns;

// A full turn in the units of LatLngE7.
inline constexpr std::uint64_t kTurnE7 = 2 * std::uint64_t{kLngMaxE7};

// The divisions below are by constants: compilers make multiplications and shifts of them.

inline std::uint32_t GridRow(std::int32_t lat_e7) {
  constexpr std::uint64_t kParts = 2 * std::uint64_t{kLatMaxE7} + 1;
  return static_cast<std::uint32_t>(
      (std::uint64_t{kGridRows} * static_cast<std::uint64_t>(std::int64_t{lat_e7} + kLatMaxE7)) /
      kParts);
}

// `east` is counted eastwards from the antimeridian; beyond a full turn columns go on counting.
inline std::uint32_t GridColumn(std::uint64_t east_e7, std::uint32_t columns) {
  return static_cast<std::uint32_t>(east_e7 * columns / kTurnE7);
}

constexpr GridCell CellAt(std::uint32_t row, std::uint32_t column) {
  return GridCell{row << 16 | column};
}

// The two longitudes of the antimeridian are one.
inline GridCell CellOf(const LatLngE7& point) {
  const std::uint32_t row = GridRow(point.lat);
  const std::int32_t lng = point.lng == kLngMaxE7 ? -kLngMaxE7 : point.lng;
  const auto east = static_cast<std::uint64_t>(std::int64_t{lng} + kLngMaxE7);
  return CellAt(row, GridColumn(east, kGridColumns[row]));
}

// The cells that may hold points within a radius of a center, by great-circle distance: in rings,
// the nearest first, so that who looks for the nearest few can stop early.
//
//   for (CellsAround cells(center, radius); !cells.done() && StillWanted(cells.bound());
//        cells.NextRing()) {
//     cells.ForEach([&](GridCell cell) { … });
//   }
//
// No cell comes twice, also round the poles and across the antimeridian. Points of the cells may be
// farther than the radius.
class CellsAround {
 public:
  // The radius is 0 or more; more than half the globe is all of it.
  CellsAround(const LatLng& center, Metres radius);

  // Whether all rings have been.
  bool done() const { return done_; }

  // No point of this ring or a later one is nearer to the center.
  Metres bound() const { return bound_; }

  // Calls `visit` with each cell of this ring.
  template <typename Visit>
  void ForEach(Visit&& visit) const;

  void NextRing();

  // How many cells all rings have together. Takes some nanoseconds for each of their rows.
  std::uint64_t CountAll() const;

 private:
  // The cells that touch a box of latitudes and longitudes round the center.
  struct Box {
    std::uint32_t row_first;
    std::uint32_t row_last;
    // Eastwards from the antimeridian, from half a turn to two and a half; at most a turn apart.
    std::uint64_t west_e7;
    std::uint64_t east_e7;
  };

  // Columns of one band, first and last; they go on counting behind the antimeridian.
  struct Columns {
    std::uint32_t first;
    std::uint32_t last;
  };

  static Columns ColumnsOf(const Box& box, std::uint32_t columns) {
    return {GridColumn(box.west_e7, columns), GridColumn(box.east_e7, columns)};
  }

  // From `first` to before `end`, at most once round.
  template <typename Visit>
  static void VisitColumns(std::uint32_t row, std::uint32_t first, std::uint32_t end,
                           Visit&& visit);

  // The box of all points within `radius`.
  Box BoxOf(Metres radius) const;

  LatLngE7 center_;
  double lat_radians_;
  double cos_lat_;
  Metres radius_;
  Metres reach_;  // all points that are as near are in this ring or an earlier one
  Metres bound_;  // `reach_` of the ring before
  Box before_;    // the cells of the earlier rings; without rows when there were none
  Box now_;       // and of this one
  bool done_ = false;
};

template <typename Visit>
void CellsAround::VisitColumns(std::uint32_t row, std::uint32_t first, std::uint32_t end,
                               Visit&& visit) {
  const std::uint32_t columns = kGridColumns[row];
  std::uint32_t column = first;
  while (column >= columns) column -= columns;
  for (std::uint32_t left = end - first; left > 0; --left) {
    visit(CellAt(row, column));
    if (++column == columns) column = 0;
  }
}

template <typename Visit>
void CellsAround::ForEach(Visit&& visit) const {
  for (std::uint32_t row = now_.row_first; row <= now_.row_last; ++row) {
    const std::uint32_t columns = kGridColumns[row];
    const Columns now = ColumnsOf(now_, columns);
    if (row < before_.row_first || row > before_.row_last) {
      VisitColumns(row, now.first, std::min(now.last + 1, now.first + columns), visit);
      continue;
    }
    // What is new west of the earlier columns and east of them, without meeting on the far side.
    const Columns before = ColumnsOf(before_, columns);
    const std::uint32_t before_end = before.last + 1;
    if (before_end - before.first >= columns) continue;
    const std::uint32_t first = std::max(now.first, before_end - columns);
    VisitColumns(row, first, before.first, visit);
    VisitColumns(row, before_end, std::min(now.last + 1, first + columns), visit);
  }
}

}  // namespace herd::geo
