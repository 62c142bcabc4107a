#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fleet/row.h"
#include "fleet/stable_vector.h"

namespace herd::fleet {

// A row of one stripe, by its place in it.
enum class RowIndex : std::uint32_t {};
inline constexpr RowIndex kNoRow{0xFFFF'FFFF};

// The change feed of one stripe of the fleet: its rows in the order of their last change.
//
// A list through the rows: a change moves its row to the end and gives it the next number. So the
// feed is never longer than the rows are many, and a follower that stays away costs nothing. Not
// thread-safe: the stripe's lock guards it.
class Feed {
 public:
  // `rows` are the stripe's; they and `memory` outlive the feed.
  Feed(StableVector<Row>& rows, HugePages& memory) : rows_(rows), entries_(memory) {}

  // Gives the row the next number: a row that is in the feed, or is to be. `hash` is that of the
  // report which it holds now.
  void Append(RowIndex row, RowHash hash);

  // Takes the row out.
  void Remove(RowIndex row);

  // The first row that changed after `cursor`, or kNoRow. Walks there from the nearer end, unless
  // `last_read` is the row whose change was at `cursor`.
  RowIndex After(ChangeNumber cursor, RowIndex last_read = kNoRow) const;

  // The row that changed next after this one, or kNoRow.
  RowIndex Next(RowIndex row) const { return At(row).next; }

  // The hash that the row was appended with last: what Row::hash would compute anew.
  RowHash hash(RowIndex row) const { return At(row).hash; }

  // Fetches what Append of this row looks at into the cache: its own place, and, once that is
  // there, those beside it.
  void Prefetch(RowIndex row) const { __builtin_prefetch(&At(row)); }
  void PrefetchAround(RowIndex row) const {
    const Entry& around = At(row);
    if (around.previous != kNoRow) __builtin_prefetch(&At(around.previous));
    if (around.next != kNoRow) __builtin_prefetch(&At(around.next));
  }

  // How many rows may have changed after `cursor`: one that changed again since then counts anew,
  // but never more than there are.
  std::size_t CountAfter(ChangeNumber cursor) const {
    return std::min<std::size_t>(last_number_ - static_cast<std::uint64_t>(cursor), size_);
  }

  // The number of the newest change; 0 before the first.
  ChangeNumber newest() const { return ChangeNumber{last_number_}; }

 private:
  // Beside the rows and not in them: a change touches those of three rows, and they are small.
  struct Entry {
    RowIndex previous = kNoRow;
    RowIndex next = kNoRow;
    RowHash hash{};
  };

  StableVector<Row>& rows_;
  StableVector<Entry> entries_;
  RowIndex first_ = kNoRow;
  RowIndex last_ = kNoRow;
  std::size_t size_ = 0;
  std::uint64_t last_number_ = 0;

  Entry& At(RowIndex row) { return entries_[static_cast<std::uint32_t>(row)]; }
  const Entry& At(RowIndex row) const { return entries_[static_cast<std::uint32_t>(row)]; }
  ChangeNumber ChangeOf(RowIndex row) const {
    return rows_[static_cast<std::uint32_t>(row)].change();
  }
  void Unlink(RowIndex row);
};

}  // namespace herd::fleet
