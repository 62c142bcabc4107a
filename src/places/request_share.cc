#include "places/request_share.h"

#include <algorithm>

namespace herd::places {

RequestShare::Bucket RequestShare::Bucket::Of(std::uint32_t budget, std::uint32_t percent,
                                              TimePoint::duration window) {
  constexpr std::uint32_t kWhole = 100;
  if (budget == 0 || percent >= kWhole) return {};
  const std::uint64_t rounded_up = (std::uint64_t{budget} * percent + kWhole - 1) / kWhole;
  const auto requests =
      static_cast<std::int64_t>(std::max<std::uint64_t>(rounded_up, kRequestsMin));
  const TimePoint::duration interval = window / requests;
  return {.interval = interval, .tolerance = interval * (requests - 1)};
}

RequestShare::RequestShare(std::uint32_t per_minute, std::uint32_t per_day, std::uint32_t percent,
                           std::size_t askers_max)
    : minute_(Bucket::Of(per_minute, percent, std::chrono::minutes(1))),
      day_(Bucket::Of(per_day, percent, std::chrono::hours(24))),
      askers_max_(askers_max) {}

bool RequestShare::HasRoom(std::uint64_t asker, TimePoint now) const {
  const auto found = askers_.find(asker);
  if (found == askers_.end()) return true;
  return minute_.HasRoom(found->second.next_of_minute, now) &&
         day_.HasRoom(found->second.next_of_day, now);
}

void RequestShare::Take(std::uint64_t asker, TimePoint now) {
  if (minute_.interval.count() == 0 && day_.interval.count() == 0) return;
  const auto [found, added] = askers_.try_emplace(asker);
  Asker& taker = found->second;
  if (added) {
    taker = {
        .next_of_minute = now, .next_of_day = now, .place = by_age_.insert(by_age_.end(), asker)};
  } else {
    by_age_.splice(by_age_.end(), by_age_, taker.place);
  }
  taker.next_of_minute = minute_.Taken(taker.next_of_minute, now);
  taker.next_of_day = day_.Taken(taker.next_of_day, now);
  if (askers_.size() > askers_max_) {
    askers_.erase(by_age_.front());
    by_age_.pop_front();
  }
}

}  // namespace herd::places
