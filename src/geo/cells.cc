#include "geo/cells.h"

#include <s2/s2cell_id.h>
#include <s2/s2latlng.h>
#include <s2/s2metrics.h>

#include <algorithm>
#include <vector>

namespace herd::geo {
namespace {

S2CellId ToS2(const LatLng& point) {
  return S2CellId(S2LatLng::FromDegrees(point.lat_deg, point.lng_deg));
}

// More than what rounding of distances and cells can amount to on the Earth, in metres.
constexpr double kRoundingSlack = 1e-3;

}  // namespace

CellId LeafCell(const LatLng& point) {
  return {ToS2(point).id()};
}

CapCover CoverCap(const LatLng& center, Metres radius) {
  // The cells of one level that meet at the corner nearest to `center`. The center lies in that
  // quarter of its cell which touches the corner, so from it to the rim of these cells there is
  // everywhere at least one quarter more to cross: the cap fits when a cell one level down is
  // nowhere narrower than the radius.
  const double radians = (radius.value + kRoundingSlack) / kEarthRadius.value;
  const int level = S2::kMinWidth.GetLevelForMinValue(radians) - 1;
  std::vector<S2CellId> cells;
  if (level < 0) {
    for (int face = 0; face < 6; ++face) cells.push_back(S2CellId::FromFace(face));
  } else {
    cells.reserve(4);
    ToS2(center).AppendVertexNeighbors(level, &cells);
  }
  std::ranges::sort(cells);

  CapCover cover;
  for (const S2CellId& cell : cells) {
    const CellRange range{{cell.range_min().id()}, {cell.range_max().id()}};
    // Ids of leaf cells are odd, so neighbours in the order are two apart.
    if (cover.size_ > 0 && cover.ranges_[cover.size_ - 1].last.value + 2 == range.first.value) {
      cover.ranges_[cover.size_ - 1].last = range.last;
    } else {
      cover.ranges_[cover.size_++] = range;
    }
  }
  return cover;
}

}  // namespace herd::geo
