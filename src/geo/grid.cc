#include "geo/grid.h"

#include <cmath>
#include <numbers>

namespace herd::geo {
namespace {

constexpr double kPi = std::numbers::pi;

// For angles from 0 to a quarter of a turn, at compile time, where std::cos is not to be had: its
// Taylor series, as far as it tells in a double.
constexpr double Cosine(double angle) {
  double sum = 1;
  for (int n = 22; n > 0; n -= 2) sum = 1 - sum * angle * angle / (n * (n - 1));
  return sum;
}

constexpr std::array<std::uint16_t, kGridRows> MakeColumns() {
  std::array<std::uint16_t, kGridRows> columns{};
  for (std::uint32_t i = 0; i < kGridRows / 2; ++i) {
    const double middle = (i + 0.5) * kPi / kGridRows;
    const auto halves = static_cast<std::uint32_t>(2 * kGridColumnsMax * Cosine(middle));
    const auto rounded = static_cast<std::uint16_t>((halves + 1) / 2);
    columns[kGridRows / 2 + i] = columns[kGridRows / 2 - 1 - i] = rounded;
  }
  return columns;
}

// Half a band: the first ring has two rows and two columns, or fewer.
constexpr Metres kFirstReach{kPi / kGridRows / 2 * kEarthRadius.value};
// A band: each further ring has about one row more on each side, and one column.
constexpr Metres kRingStep{kPi / kGridRows * kEarthRadius.value};
constexpr Metres kHalfTheGlobe{kPi * kEarthRadius.value};

// More than what rounding can amount to: of points to LatLngE7, of distances (where they come near
// to half the globe these are no better than decimetres) and of the arc sine below.
constexpr Metres kSlack{10};

constexpr double kE7PerRadian = 180e7 / kPi;

std::int32_t ClampLat(std::int64_t lat_e7) {
  return static_cast<std::int32_t>(
      std::clamp(lat_e7, -std::int64_t{kLatMaxE7}, std::int64_t{kLatMaxE7}));
}

}  // namespace

constexpr std::array<std::uint16_t, kGridRows> kGridColumns = MakeColumns();
static_assert(kGridColumns.front() >= 1);

CellsAround::CellsAround(const LatLng& center, Metres radius)
    : center_(ToE7(center)),
      lat_radians_(center.lat_deg / 180 * kPi),
      cos_lat_(std::cos(lat_radians_)),
      radius_(std::min(radius, kHalfTheGlobe)),
      reach_(std::min(radius_, kFirstReach)),
      before_{.row_first = 1, .row_last = 0, .west_e7 = 0, .east_e7 = 0},
      now_(BoxOf(reach_)) {}

void CellsAround::NextRing() {
  if (reach_ >= radius_) {
    done_ = true;
    return;
  }
  bound_ = reach_;
  before_ = now_;
  reach_ = std::min(radius_, Metres{reach_.value + kRingStep.value});
  now_ = BoxOf(reach_);
}

std::uint64_t CellsAround::CountAll() const {
  const Box box = BoxOf(radius_);
  std::uint64_t count = 0;
  for (std::uint32_t row = box.row_first; row <= box.row_last; ++row) {
    const std::uint32_t columns = kGridColumns[row];
    const Columns touched = ColumnsOf(box, columns);
    count += std::min(touched.last + 1 - touched.first, columns);
  }
  return count;
}

CellsAround::Box CellsAround::BoxOf(Metres radius) const {
  const double angle = (radius.value + kSlack.value) / kEarthRadius.value;
  const auto lat_span = static_cast<std::int64_t>(angle * kE7PerRadian);
  // Where the cap holds a pole it touches every meridian; else those for which
  // sin(span) = sin(angle) / cos(latitude).
  std::uint64_t lng_span = kTurnE7 / 2;
  if (std::fabs(lat_radians_) + angle < kPi / 2) {
    const double span = std::asin(std::min(1.0, std::sin(angle) / cos_lat_));
    lng_span = std::min(lng_span, static_cast<std::uint64_t>(span * kE7PerRadian));
  }
  const std::uint64_t middle =
      kTurnE7 + static_cast<std::uint64_t>(std::int64_t{center_.lng} + kLngMaxE7);
  return {.row_first = GridRow(ClampLat(center_.lat - lat_span)),
          .row_last = GridRow(ClampLat(center_.lat + lat_span)),
          .west_e7 = middle - lng_span,
          .east_e7 = middle + lng_span};
}

}  // namespace herd::geo
