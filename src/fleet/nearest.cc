#include <algorithm>
#include <tuple>

#include "fleet/fleet.h"
#include "wire/iso6709.h"

namespace herd::fleet {

std::vector<NearClient> Fleet::Nearest(const geo::LatLng& center, geo::Metres radius,
                                       std::size_t max) const {
  std::vector<NearClient> near;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    stripe.rows.ForEach([&](const Row& row) {
      if (row.forgotten() || Expired(row)) return;
      const wire::Location location = wire::ParseIso6709(row.location_text()).value();
      const geo::Metres distance = geo::Distance(
          center, {.lat_deg = location.latitude_deg, .lng_deg = location.longitude_deg});
      if (distance > radius) return;
      near.push_back({std::string(row.client()), std::string(row.at_line()), distance});
    });
  }
  std::ranges::sort(near, {},
                    [](const NearClient& one) { return std::tie(one.distance, one.client); });
  if (near.size() > max) near.resize(max);
  return near;
}

}  // namespace herd::fleet
