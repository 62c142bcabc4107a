#include "fleet/row_table.h"

#include <algorithm>

namespace herd::fleet {
namespace {

constexpr std::size_t kSlotsMin = 16;

// At most so full: then a look-up sees two or three slots on average, and one for a client that is
// not there eight.
constexpr std::size_t kFullTo = 3;
constexpr std::size_t kFullOf = 4;

}  // namespace

RowIndex RowTable::PrefetchRow(ClientHash hash) const {
  return FindIf(hash, [](const Row& row) {
    __builtin_prefetch(&row);
    return true;
  });
}

RowIndex RowTable::Insert(const wire::At& at, LinkId from, ClientHash hash) {
  if (kFullOf * (size_ + 1) > kFullTo * slots_.size()) Grow();
  RowIndex row{};
  if (free_.empty()) {
    row = RowIndex{rows_.Add()};
  } else {
    row = free_.back();
    free_.pop_back();
  }
  (*this)[row].Assign(at, from);
  Put(hash, row);
  ++size_;
  return row;
}

void RowTable::Put(ClientHash hash, RowIndex row) {
  std::size_t at = HomeOf(hash);
  while (slots_[at] != kEmpty) at = After(at);
  slots_[at] = static_cast<Slot>(row) | TagOf(hash);
}

void RowTable::Grow() {
  std::vector<Slot> before(std::max(kSlotsMin, 2 * slots_.size()), kEmpty);
  before.swap(slots_);
  for (const Slot slot : before) {
    if (slot != kEmpty) Put(HashOf(IndexIn(slot)), IndexIn(slot));
  }
}

void RowTable::Remove(RowIndex row) {
  std::size_t hole = HomeOf(HashOf(row));
  while (IndexIn(slots_[hole]) != row) hole = After(hole);
  // What stands behind the hole moves into it, unless it would come before its home.
  for (std::size_t at = After(hole); slots_[at] != kEmpty; at = After(at)) {
    const std::size_t from_home = at - HomeOf(HashOf(IndexIn(slots_[at])));
    const std::size_t from_hole = at - hole;
    if ((from_home & (slots_.size() - 1)) < (from_hole & (slots_.size() - 1))) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = kEmpty;
  (*this)[row].Clear();
  free_.push_back(row);
  --size_;
}

}  // namespace herd::fleet
