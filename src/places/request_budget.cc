#include "places/request_budget.h"

#include <algorithm>

namespace herd::places {

void SlidingCount::MoveTo(TimePoint now) {
  if (!start_) start_ = now;
  const std::int64_t slot = (now - *start_) / slot_length_;
  // After a pause longer than the window every slot is emptied once.
  const std::int64_t first = std::max(slot_ + 1, slot - kSlots);
  for (std::int64_t i = first; i <= slot; ++i) {
    std::uint32_t& count = counts_[Index(i)];
    total_ -= count;
    count = 0;
  }
  slot_ = std::max(slot_, slot);
}

bool SlidingCount::HasRoom(TimePoint now) {
  MoveTo(now);
  return limit_ == 0 || total_ < limit_;
}

std::optional<RequestBudget::Spent> RequestBudget::Take(SlidingCount::TimePoint now) {
  if (!minute_.HasRoom(now)) return Spent::kMinute;
  if (!day_.HasRoom(now)) return Spent::kDay;
  minute_.Add();
  day_.Add();
  return std::nullopt;
}

}  // namespace herd::places
