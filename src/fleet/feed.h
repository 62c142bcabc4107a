#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fleet/row.h"

namespace herd::fleet {

// The change feed of one stripe of the fleet: which rows changed, in the order of their last
// change.
//
// Each change appends the row with the next number. An entry is live while its row has changed no
// further; the others are dropped once they outnumber the live ones, so that the feed is never
// longer than twice the rows and a follower that stays away costs nothing. Not thread-safe: the
// stripe's lock guards it. Rows outlive the feed, but for those that are removed from it.
class Feed {
 public:
  struct Entry {
    Row* row;
    ChangeNumber number;

    bool live() const { return row->change() == number; }
  };

  // Gives `row` the next number.
  void Append(Row& row);

  // Forgets the rows for which `is_gone` is true; they may be destroyed then.
  template <typename IsGone>
  void Remove(IsGone&& is_gone) {
    std::erase_if(entries_, [&](const Entry& entry) {
      if (!entry.live()) return true;
      if (!is_gone(*entry.row)) return false;
      --live_;
      return true;
    });
  }

  // The entries after `cursor`, oldest first; among them may be some that are no longer live.
  std::span<const Entry> After(ChangeNumber cursor) const;

  // How many rows changed after `cursor`, or up to twice as many: one that changed again counts
  // anew while the feed still has both entries. Never more than there are rows.
  std::size_t CountAfter(ChangeNumber cursor) const {
    return std::min(After(cursor).size(), live_);
  }

  // The number of the newest change; 0 before the first.
  ChangeNumber newest() const { return ChangeNumber{last_number_}; }

 private:
  std::vector<Entry> entries_;
  std::size_t live_ = 0;
  std::uint64_t last_number_ = 0;

  void DropDeadEntries();
};

}  // namespace herd::fleet
