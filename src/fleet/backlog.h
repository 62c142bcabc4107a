#pragma once

#include <cstddef>

#include "fleet/fleet.h"

namespace herd::fleet {

// What changed between two places of the change feed and has not changed again: what somebody
// missed who followed the feed up to the one place and follows it again from the other.
class Backlog {
 public:
  // `from` may lie before any change that the feed still has: then all rows are read that did not
  // change after `to`.
  Backlog(const Fleet& fleet, const Cursors& from, const Cursors& to)
      : fleet_(fleet), cursors_(from), end_(to) {}

  bool done() const { return stripe_ == Fleet::kStripes; }

  // Up to where it has been read: a later Backlog may start there.
  const Cursors& cursors() const { return cursors_; }

  // Calls `take` with each row, under its stripe's lock: it must be short and must not call the
  // fleet. Stops after a row for which `take` returns false; the next Read goes on behind it.
  template <typename Take>
  void Read(Take&& take) {
    while (!done()) {
      if (!ReadStripe(take)) return;
      cursors_[stripe_] = end_[stripe_];
      ++stripe_;
    }
  }

 private:
  const Fleet& fleet_;
  Cursors cursors_;
  const Cursors end_;
  std::size_t stripe_ = 0;
  RowIndex last_read_ = kNoRow;  // of that stripe, where Read has stopped in it

  template <typename Take>
  bool ReadStripe(Take& take) {
    const Fleet::Stripe& stripe = *fleet_.stripes_[stripe_];
    const std::lock_guard lock(stripe.mutex);
    RowIndex next = stripe.feed.After(cursors_[stripe_], last_read_);
    last_read_ = kNoRow;
    for (; next != kNoRow; next = stripe.feed.Next(next)) {
      const Row& row = stripe.rows[next];
      if (row.change() > end_[stripe_]) break;
      cursors_[stripe_] = row.change();
      if (!take(row)) {
        last_read_ = next;
        return false;
      }
    }
    return true;
  }
};

}  // namespace herd::fleet
