#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "fleet/row.h"

namespace herd::fleet {

// The hash of a client ID; differs from process to process, so that nobody can choose IDs that
// collide.
std::size_t HashOf(std::string_view client);

// Rows by client ID. A row stays where it is in memory for as long as the table lives.
class RowTable {
 public:
  // The client's row, or null. `hash` is HashOf(client).
  Row* Find(std::string_view client, std::size_t hash) const {
    const auto found = rows_.find(client, hash);
    return found == rows_.end() ? nullptr : found->get();
  }

  // Adds the row of a client that has none yet.
  Row& Insert(const wire::At& at, LinkId from) {
    return **rows_.insert(std::make_unique<Row>(at, from)).first;
  }

  std::size_t size() const { return rows_.size(); }

 private:
  struct ByClient {
    using is_transparent = void;
    static std::string_view Key(std::string_view client) { return client; }
    static std::string_view Key(const std::unique_ptr<Row>& row) { return row->client(); }

    std::size_t operator()(const auto& key) const { return HashOf(Key(key)); }
    bool operator()(const auto& a, const auto& b) const { return Key(a) == Key(b); }
  };

  absl::flat_hash_set<std::unique_ptr<Row>, ByClient, ByClient> rows_;
};

}  // namespace herd::fleet
