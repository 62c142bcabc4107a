#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "fleet/row.h"

namespace herd::fleet {

// Rows by client. A row stays where it is in memory until it is removed.
class RowTable {
 public:
  // The row of the client of that ID, or null. `hash` is its hash.
  Row* Find(std::string_view client, ClientHash hash) const {
    return Get(rows_.find(ClientKey{client, hash}));
  }

  // The row of a client of that hash, or null.
  Row* Find(ClientHash hash) const { return Get(rows_.find(hash)); }

  // Adds the row of a client that has none yet.
  Row& Insert(const wire::At& at, LinkId from, ClientHash hash) {
    return **rows_.insert(std::make_unique<Row>(at, from, hash)).first;
  }

  // Removes every row for which `is_gone` is true.
  template <typename IsGone>
  void Remove(IsGone&& is_gone) {
    absl::erase_if(rows_, [&](const std::unique_ptr<Row>& row) { return is_gone(*row); });
  }

  // Calls `read` with every row, in no order.
  template <typename Read>
  void ForEach(Read&& read) const {
    for (const std::unique_ptr<Row>& row : rows_) read(*row);
  }

  std::size_t size() const { return rows_.size(); }

 private:
  struct ClientKey {
    std::string_view client;
    ClientHash hash;
  };
  using Slot = std::unique_ptr<Row>;

  struct Hash {
    using is_transparent = void;
    // The hash is a good one already.
    static std::size_t Of(ClientHash hash) { return std::to_underlying(hash); }
    std::size_t operator()(const Slot& row) const { return Of(row->hash()); }
    std::size_t operator()(const ClientKey& key) const { return Of(key.hash); }
    std::size_t operator()(ClientHash hash) const { return Of(hash); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Slot& a, const Slot& b) const { return a->client() == b->client(); }
    bool operator()(const Slot& row, const ClientKey& key) const {
      return row->hash() == key.hash && row->client() == key.client;
    }
    bool operator()(const Slot& row, ClientHash hash) const { return row->hash() == hash; }
  };
  using Rows = absl::flat_hash_set<Slot, Hash, Equal>;

  Row* Get(Rows::const_iterator found) const {
    return found == rows_.end() ? nullptr : found->get();
  }

  Rows rows_;
};

}  // namespace herd::fleet
