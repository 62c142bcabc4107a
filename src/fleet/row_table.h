#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/feed.h"
#include "fleet/hash.h"
#include "fleet/row.h"
#include "fleet/stable_vector.h"

namespace herd::fleet {

// Rows by client. A row stays where it is in memory until it is removed; its place is used again.
class RowTable {
 public:
  explicit RowTable(HashKey key) : table_(0, Hash{this}, Equal{this}), key_(key) {}

  Row& operator[](RowIndex row) { return rows_[static_cast<std::uint32_t>(row)]; }
  const Row& operator[](RowIndex row) const { return rows_[static_cast<std::uint32_t>(row)]; }

  // The row of the client of that ID, or kNoRow. `hash` is its hash.
  RowIndex Find(std::string_view client, ClientHash hash) const {
    return Get(table_.find(ClientKey{client, hash}));
  }

  // The row of a client of that hash, or kNoRow.
  RowIndex Find(ClientHash hash) const { return Get(table_.find(hash)); }

  // Adds the row of a client that has none yet.
  RowIndex Insert(const wire::At& at, LinkId from) {
    RowIndex row{};
    if (free_.empty()) {
      row = RowIndex{rows_.Add()};
    } else {
      row = free_.back();
      free_.pop_back();
    }
    (*this)[row].Assign(at, from);
    table_.insert(row);
    return row;
  }

  void Remove(RowIndex row) {
    table_.erase(row);
    (*this)[row].Clear();
    free_.push_back(row);
  }

  // Calls `read` with the index of every row, in no order.
  template <typename Read>
  void ForEach(Read&& read) const {
    for (const RowIndex row : table_) read(row);
  }

  std::size_t size() const { return table_.size(); }
  StableVector<Row>& rows() { return rows_; }

 private:
  struct ClientKey {
    std::string_view client;
    ClientHash hash;
  };

  struct Hash {
    using is_transparent = void;
    const RowTable* table;
    // The hash is a good one already.
    std::size_t operator()(ClientHash hash) const { return std::to_underlying(hash); }
    std::size_t operator()(const ClientKey& key) const { return (*this)(key.hash); }
    std::size_t operator()(RowIndex row) const { return (*this)(table->HashOf(row)); }
  };
  struct Equal {
    using is_transparent = void;
    const RowTable* table;
    bool operator()(RowIndex a, RowIndex b) const { return a == b; }
    bool operator()(RowIndex row, const ClientKey& key) const {
      return (*table)[row].client() == key.client;
    }
    bool operator()(RowIndex row, ClientHash hash) const { return table->HashOf(row) == hash; }
  };
  using Table = absl::flat_hash_set<RowIndex, Hash, Equal>;

  StableVector<Row> rows_;
  std::vector<RowIndex> free_;
  Table table_;
  const HashKey key_;

  ClientHash HashOf(RowIndex row) const { return HashClient(key_, (*this)[row].client()); }

  RowIndex Get(Table::const_iterator found) const {
    return found == table_.end() ? kNoRow : *found;
  }
};

}  // namespace herd::fleet
