#pragma once

#include <utility>

#include "places/index.h"
#include "places/provider.h"

namespace herd::places {

// Answers from an index on this machine, before Nearby returns: nearest first, by great-circle
// distance. Takes any radius and any number of results.
class OfflineProvider final : public Provider {
 public:
  explicit OfflineProvider(Index index) : index_(std::move(index)) {}

  void Nearby(const Query& query, Done done) override;

  // The same without a callback.
  Answer Nearby(const Query& query) const;

  const Index& places() const { return index_; }

 private:
  const Index index_;
};

}  // namespace herd::places
