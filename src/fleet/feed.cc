#include "fleet/feed.h"

#include <algorithm>

namespace herd::fleet {
namespace {

// Below this a feed is not worth tidying.
constexpr std::size_t kEntriesWorthTidying = 64;

}  // namespace

void Feed::Append(Row& row) {
  if (row.change() == ChangeNumber{0}) ++live_;
  row.set_change(ChangeNumber{++last_number_});
  if (entries_.size() >= std::max(kEntriesWorthTidying, 2 * live_)) DropDeadEntries();
  entries_.push_back({&row, row.change()});
}

std::span<const Feed::Entry> Feed::After(ChangeNumber cursor) const {
  const auto first = std::ranges::upper_bound(entries_, cursor, {}, &Entry::number);
  return {first, entries_.end()};
}

void Feed::DropDeadEntries() {
  std::erase_if(entries_, [](const Entry& entry) { return !entry.live(); });
}

}  // namespace herd::fleet
