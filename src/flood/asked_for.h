#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <deque>

#include "fleet/hash.h"

namespace herd::flood {

// The clients whose rows a neighbour has asked for and not got yet: each once, however often it
// asks, in the order in which it asked first.
class AskedFor {
 public:
  // At most so many: about 4 MB.
  static constexpr std::size_t kMax = 262'144;

  // False when there are as many as there may be: then it is not taken.
  bool Add(fleet::ClientHash client) {
    if (clients_.contains(client)) return true;
    if (order_.size() >= kMax) return false;
    clients_.insert(client);
    order_.push_back(client);
    return true;
  }

  bool empty() const { return order_.empty(); }

  // Takes the first one out.
  fleet::ClientHash Take() {
    const fleet::ClientHash client = order_.front();
    order_.pop_front();
    clients_.erase(client);
    if (order_.empty()) *this = {};  // gives the memory back
    return client;
  }

 private:
  std::deque<fleet::ClientHash> order_;
  absl::flat_hash_set<fleet::ClientHash> clients_;
};

}  // namespace herd::flood
