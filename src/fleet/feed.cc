#include "fleet/feed.h"

namespace herd::fleet {

void Feed::Append(RowIndex row) {
  while (neighbours_.size() <= static_cast<std::uint32_t>(row)) neighbours_.Add();
  Row& changed = rows_[static_cast<std::uint32_t>(row)];
  if (changed.change() == ChangeNumber{0}) {
    ++size_;
  } else {
    Unlink(row);
  }
  changed.set_change(ChangeNumber{++last_number_});
  At(row) = {.previous = last_, .next = kNoRow};
  (last_ == kNoRow ? first_ : At(last_).next) = row;
  last_ = row;
}

void Feed::Remove(RowIndex row) {
  Unlink(row);
  rows_[static_cast<std::uint32_t>(row)].set_change(ChangeNumber{0});
  --size_;
}

void Feed::Unlink(RowIndex row) {
  const Neighbours around = At(row);
  (around.previous == kNoRow ? first_ : At(around.previous).next) = around.next;
  (around.next == kNoRow ? last_ : At(around.next).previous) = around.previous;
}

RowIndex Feed::After(ChangeNumber cursor, RowIndex last_read) const {
  if (last_ == kNoRow || ChangeOf(last_) <= cursor) return kNoRow;
  if (last_read != kNoRow && ChangeOf(last_read) == cursor) return Next(last_read);
  const auto number = [](ChangeNumber change) { return static_cast<std::uint64_t>(change); };
  if (cursor < ChangeOf(first_)) return first_;
  if (number(cursor) - number(ChangeOf(first_)) < number(ChangeOf(last_)) - number(cursor)) {
    RowIndex row = first_;
    while (ChangeOf(row) <= cursor) row = Next(row);
    return row;
  }
  RowIndex row = last_;
  while (At(row).previous != kNoRow && ChangeOf(At(row).previous) > cursor) row = At(row).previous;
  return row;
}

}  // namespace herd::fleet
