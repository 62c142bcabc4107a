#include "fleet/fleet.h"

#include <compare>

#include "fleet/follower.h"

namespace herd::fleet {

Applied Fleet::Apply(const wire::At& at, LinkId from) {
  const std::size_t hash = HashOf(at.client);
  const std::size_t index = StripeOf(hash);
  Stripe& stripe = stripes_[index];
  const std::lock_guard lock(stripe.mutex);
  Row* row = stripe.rows.Find(at.client, hash);
  if (row == nullptr) {
    row = &stripe.rows.Insert(at, from);
  } else {
    const std::strong_ordering order = row->Compare(at);
    if (order == std::strong_ordering::equal) return Applied::kKnown;
    if (order == std::strong_ordering::greater) return Applied::kOlder;
    row->Replace(at, from);
  }
  stripe.feed.Append(*row);
  for (Follower* follower : stripe.followers) follower->Notice(index);
  return Applied::kStored;
}

std::size_t Fleet::size() const {
  std::size_t size = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    size += stripe.rows.size();
  }
  return size;
}

}  // namespace herd::fleet
