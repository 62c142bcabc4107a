#pragma once

#include <memory>
#include <optional>

#include "places/provider.h"

namespace herd::places {

// Asks the first provider and, where that fails, the second: whose answer is then given, whatever
// it is. Any thread, many at once.
class FallbackProvider final : public Provider {
 public:
  FallbackProvider(std::unique_ptr<Provider> first, std::unique_ptr<Provider> second);

  void Nearby(const Query& query, Done done) override;
  std::optional<Refusals> refusals() const override { return first_->refusals(); }
  void Cancel() override;

 private:
  // Destroyed last: what the first still has under way then fails, and goes to the second.
  std::unique_ptr<Provider> second_;
  std::unique_ptr<Provider> first_;
};

}  // namespace herd::places
