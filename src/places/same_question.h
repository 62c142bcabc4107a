#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "places/provider.h"

namespace herd::places {

// Those who wait for an answer, by question: while a question is on its way, others who ask the
// same (the same centre, radius and maximum) wait for the same answer. Nothing is kept once it is
// there. Not thread-safe.
template <typename Waiter>
class SameQuestion {
 public:
  // How many wait for it.
  std::size_t CountWaiting(const Query& query) const {
    const auto waiting = waiters_.find(KeyOf(query));
    return waiting == waiters_.end() ? 0 : waiting->second.size();
  }

  // Adds a waiter.
  void Join(const Query& query, Waiter waiter) {
    waiters_[KeyOf(query)].push_back(std::move(waiter));
  }

  // Takes out all who wait for a question, in the order in which they came; whoever asks it next is
  // a first one again.
  std::vector<Waiter> Take(const Query& query) {
    auto node = waiters_.extract(KeyOf(query));
    return node.empty() ? std::vector<Waiter>{} : std::move(node.mapped());
  }

 private:
  struct Key {
    double lat_deg, lng_deg, radius_metres;
    int results_max;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // An order, since a centre or radius is never NaN.
  struct Less {
    bool operator()(const Key& a, const Key& b) const { return (a <=> b) < 0; }
  };

  static Key KeyOf(const Query& query) {
    return {query.center.lat_deg, query.center.lng_deg, query.radius.value, query.results_max};
  }

  std::map<Key, std::vector<Waiter>, Less> waiters_;
};

}  // namespace herd::places
