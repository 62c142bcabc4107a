#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "fleet/fleet.h"

namespace herd::fleet {

// Follows the change feed with a cursor of its own: reads the newest row of every client that
// changed since it read last. However long it stays away, what it then reads is at most the fleet.
class Follower {
 public:
  // `wake` is called when there is something to read again after there was nothing: from the thread
  // that changed the fleet and under a lock of it, so it may only signal. The feed is followed from
  // now on; earlier changes are not read.
  Follower(Fleet& fleet, std::function<void()> wake);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Whether Read would have something to look at. Any thread.
  bool pending() const { return changed_stripes_.load(std::memory_order_acquire) != 0; }

  // How many rows Read would look at, as Feed::CountAfter counts them; takes a short lock for each
  // stripe that changed. On the thread that reads.
  std::size_t lag() const;

  // Up to where it has read: of the rows that have not changed since then, it has read all.
  const Cursors& cursors() const { return cursor_; }

  // Up to where it has read every change, or a later one of the same row. Less than `cursors` where
  // it has stopped in the middle: a row that changed before its cursor, and once more behind it, is
  // still to come.
  const Cursors& complete() const { return complete_; }

  // Goes back to an earlier place: all that changed after it is read again. Wakes nobody. On the
  // thread that reads.
  void Rewind(const Cursors& to);

  // Calls `take` with each row that changed since the last Read, oldest change of a stripe first,
  // under that stripe's lock: it must be short and must not call the fleet. Stops after a row for
  // which `take` returns false; the next Read goes on behind it. One thread at a time.
  template <typename Take>
  void Read(Take&& take);

  // The same with the rows of one stripe only, the next one in which any changed.
  template <typename Take>
  void ReadStripe(Take&& take);

 private:
  friend class Fleet;

  static_assert(Fleet::kStripes == 64, "changed_stripes_ has one bit for each");

  Fleet& fleet_;
  const std::function<void()> wake_;
  Cursors cursor_{};
  Cursors complete_{};
  std::size_t next_stripe_ = 0;
  std::array<RowIndex, Fleet::kStripes> last_read_;  // of each stripe, or kNoRow
  std::atomic<std::uint64_t> changed_stripes_ = 0;

  static std::uint64_t Bit(std::size_t stripe) { return std::uint64_t{1} << stripe; }

  // Called by the fleet under the stripe's lock.
  void Notice(std::size_t stripe) {
    const std::uint64_t bit = Bit(stripe);
    if ((changed_stripes_.load(std::memory_order_relaxed) & bit) != 0) return;
    if (changed_stripes_.fetch_or(bit, std::memory_order_acq_rel) == 0) wake_();
  }

  // Goes on to the next stripe of those that changed, round and round, so that none waits for ever
  // while `take` can only take a little.
  std::size_t NextOf(std::uint64_t changed) {
    next_stripe_ += static_cast<std::size_t>(
        std::countr_zero(std::rotr(changed, static_cast<int>(next_stripe_))));
    return next_stripe_ %= Fleet::kStripes;
  }

  // False when `take` wanted no more.
  template <typename Take>
  bool ReadStripe(std::size_t index, Take& take);
};

template <typename Take>
void Follower::Read(Take&& take) {
  // Looks again until nothing is left: a change that comes meanwhile wakes nobody while another
  // stripe is still marked.
  while (const std::uint64_t changed = changed_stripes_.load(std::memory_order_acquire)) {
    if (!ReadStripe(NextOf(changed), take)) return;
  }
}

template <typename Take>
void Follower::ReadStripe(Take&& take) {
  const std::uint64_t changed = changed_stripes_.load(std::memory_order_acquire);
  if (changed != 0) ReadStripe(NextOf(changed), take);
}

template <typename Take>
bool Follower::ReadStripe(std::size_t index, Take& take) {
  Fleet::Stripe& stripe = *fleet_.stripes_[index];
  const std::lock_guard lock(stripe.mutex);
  RowIndex& last_read = last_read_[index];
  RowIndex next = stripe.feed.After(cursor_[index], last_read);
  while (next != kNoRow) {
    last_read = next;
    next = stripe.feed.Next(next);
    if (next != kNoRow) __builtin_prefetch(&stripe.rows[next]);
    const Row& row = stripe.rows[last_read];
    cursor_[index] = row.change();
    if (!take(row)) return false;
  }
  // The newest may have been removed from the feed.
  cursor_[index] = complete_[index] = stripe.feed.newest();
  changed_stripes_.fetch_and(~Bit(index), std::memory_order_acq_rel);
  next_stripe_ = (index + 1) % Fleet::kStripes;
  return true;
}

}  // namespace herd::fleet
