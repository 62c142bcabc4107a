#include "fleet/follower.h"

#include <mutex>
#include <utility>
#include <vector>

namespace herd::fleet {

Follower::Follower(Fleet& fleet, std::function<void()> wake)
    : fleet_(fleet), wake_(std::move(wake)) {
  last_read_.fill(kNoRow);
  for (std::size_t index = 0; index < Fleet::kStripes; ++index) {
    Fleet::Stripe& stripe = *fleet_.stripes_[index];
    const std::lock_guard lock(stripe.mutex);
    cursor_[index] = complete_[index] = stripe.feed.newest();
    stripe.followers.push_back(this);
  }
}

Follower::~Follower() {
  for (const auto& stripe : fleet_.stripes_) {
    const std::lock_guard lock(stripe->mutex);
    std::erase(stripe->followers, this);
  }
}

void Follower::Rewind(const Cursors& to) {
  last_read_.fill(kNoRow);
  for (std::size_t index = 0; index < Fleet::kStripes; ++index) {
    const Fleet::Stripe& stripe = *fleet_.stripes_[index];
    const std::lock_guard lock(stripe.mutex);
    cursor_[index] = to[index];
    if (to[index] == stripe.feed.newest()) continue;
    // A row that changed before `to` and again behind it is to be read again, too.
    complete_[index] = ChangeNumber{0};
    changed_stripes_.fetch_or(Bit(index), std::memory_order_acq_rel);
  }
}

std::size_t Follower::lag() const {
  std::size_t lag = 0;
  const std::uint64_t changed = changed_stripes_.load(std::memory_order_acquire);
  for (std::size_t index = 0; index < Fleet::kStripes; ++index) {
    if ((changed & Bit(index)) == 0) continue;
    const Fleet::Stripe& stripe = *fleet_.stripes_[index];
    const std::lock_guard lock(stripe.mutex);
    lag += stripe.feed.CountAfter(cursor_[index]);
  }
  return lag;
}

}  // namespace herd::fleet
