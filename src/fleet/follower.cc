#include "fleet/follower.h"

#include <mutex>
#include <utility>
#include <vector>

namespace herd::fleet {

Follower::Follower(Fleet& fleet, std::function<void()> wake)
    : fleet_(fleet), wake_(std::move(wake)) {
  for (std::size_t index = 0; index < Fleet::kStripes; ++index) {
    Fleet::Stripe& stripe = fleet_.stripes_[index];
    const std::lock_guard lock(stripe.mutex);
    cursor_[index] = stripe.feed.newest();
    stripe.followers.push_back(this);
  }
}

Follower::~Follower() {
  for (Fleet::Stripe& stripe : fleet_.stripes_) {
    const std::lock_guard lock(stripe.mutex);
    std::erase(stripe.followers, this);
  }
}

}  // namespace herd::fleet
