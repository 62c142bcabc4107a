#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fleet/feed.h"
#include "fleet/hash.h"
#include "fleet/row.h"
#include "fleet/stable_vector.h"

namespace herd::fleet {

// Rows by client, a hash table with open addressing and linear probing. A row stays where it is in
// memory until it is removed; its place is used again.
//
// A slot is four bytes, the row's index and a byte of its client's hash: a look-up fetches one
// cache line of slots and then, but for one in 255, no other row than that which it looks for.
class RowTable {
 public:
  static constexpr std::uint32_t kRowsMax = (1U << 24U) - 1;

  // `memory` outlives the table.
  RowTable(const HashKey& key, HugePages& memory) : rows_(memory), key_(key) {}

  Row& operator[](RowIndex row) { return rows_[static_cast<std::uint32_t>(row)]; }
  const Row& operator[](RowIndex row) const { return rows_[static_cast<std::uint32_t>(row)]; }

  // The row of the client of that ID, or kNoRow. `hash` is its hash.
  RowIndex Find(std::string_view client, ClientHash hash) const {
    return FindIf(hash, [&](const Row& row) { return row.client() == client; });
  }

  // The row of a client of that hash, or kNoRow.
  RowIndex Find(ClientHash hash) const {
    return FindIf(hash, [&](const Row& row) { return HashClient(key_, row.client()) == hash; });
  }

  // Fetches, first, the slots that Find will look at, and then, once they are there, the row.
  void PrefetchSlots(ClientHash hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[HomeOf(hash)]);
  }
  RowIndex PrefetchRow(ClientHash hash) const;

  // Whether there is no room for another row.
  bool full() const { return size_ == kRowsMax; }

  // Adds the row of a client that has none yet; not to be called when full.
  RowIndex Insert(const wire::At& at, LinkId from, ClientHash hash);

  void Remove(RowIndex row);

  // Calls `read` with the index of every row, in no order.
  template <typename Read>
  void ForEach(Read&& read) const {
    for (const Slot slot : slots_) {
      if (slot != kEmpty) read(IndexIn(slot));
    }
  }

  std::size_t size() const { return size_; }

  // Every row has an index below that; some below it are not in use.
  std::uint32_t places() const { return rows_.size(); }
  StableVector<Row>& rows() { return rows_; }

 private:
  // The row's index in the low 24 bits, the tag in the others.
  using Slot = std::uint32_t;
  static constexpr Slot kEmpty = ~Slot{0};
  static constexpr Slot kIndexMask = kRowsMax;

  StableVector<Row> rows_;
  std::vector<RowIndex> free_;
  std::vector<Slot> slots_;  // a power of two, or none
  std::size_t size_ = 0;
  const HashKey key_;

  static RowIndex IndexIn(Slot slot) { return RowIndex{slot & kIndexMask}; }
  // The high bits of a hash tell the stripe and the leaf.
  static Slot TagOf(ClientHash hash) {
    return static_cast<Slot>(static_cast<std::uint64_t>(hash) >> 16U) & ~kIndexMask;
  }
  std::size_t HomeOf(ClientHash hash) const {
    return static_cast<std::uint64_t>(hash) & (slots_.size() - 1);
  }
  std::size_t After(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  ClientHash HashOf(RowIndex row) const { return HashClient(key_, (*this)[row].client()); }

  template <typename IsIt>
  RowIndex FindIf(ClientHash hash, IsIt&& is_it) const {
    if (slots_.empty()) return kNoRow;
    for (std::size_t at = HomeOf(hash); slots_[at] != kEmpty; at = After(at)) {
      if ((slots_[at] & ~kIndexMask) != TagOf(hash)) continue;
      const RowIndex row = IndexIn(slots_[at]);
      if (is_it((*this)[row])) return row;
    }
    return kNoRow;
  }

  void Put(ClientHash hash, RowIndex row);
  void Grow();
};

}  // namespace herd::fleet
