#include "fleet/feed.h"

namespace herd::fleet {

void Feed::Append(RowIndex row, RowHash hash) {
  while (entries_.size() <= static_cast<std::uint32_t>(row)) entries_.Add();
  Row& changed = rows_[static_cast<std::uint32_t>(row)];
  if (changed.change() == ChangeNumber{0}) {
    ++size_;
  } else {
    Unlink(row);
  }
  changed.set_change(ChangeNumber{++last_number_});
  At(row) = {.previous = last_, .next = kNoRow, .hash = hash};
  (last_ == kNoRow ? first_ : At(last_).next) = row;
  last_ = row;
}

void Feed::Remove(RowIndex row) {
  Unlink(row);
  rows_[static_cast<std::uint32_t>(row)].set_change(ChangeNumber{0});
  --size_;
}

void Feed::Unlink(RowIndex row) {
  const Entry around = At(row);
  (around.previous == kNoRow ? first_ : At(around.previous).next) = around.next;
  (around.next == kNoRow ? last_ : At(around.next).previous) = around.previous;
}

RowIndex Feed::After(ChangeNumber cursor, RowIndex last_read) const {
  if (last_read != kNoRow && ChangeOf(last_read) == cursor) return Next(last_read);
  const auto number = [](ChangeNumber change) { return static_cast<std::uint64_t>(change); };
  // At most so many rows changed after it.
  const std::uint64_t behind = last_number_ - number(cursor);
  if (behind > size_ / 2 && first_ != kNoRow &&
      number(cursor) < number(ChangeOf(first_)) + behind) {
    RowIndex row = first_;
    while (row != kNoRow && ChangeOf(row) <= cursor) row = Next(row);
    return row;
  }
  RowIndex row = kNoRow;
  RowIndex before = last_;
  // Counted, so as not to look at the row before them: it is in no cache.
  for (std::uint64_t seen = 0; seen < behind && before != kNoRow && ChangeOf(before) > cursor;
       ++seen) {
    row = before;
    before = At(before).previous;
  }
  return row;
}

}  // namespace herd::fleet
