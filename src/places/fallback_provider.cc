#include "places/fallback_provider.h"

#include <utility>

namespace herd::places {

FallbackProvider::FallbackProvider(std::unique_ptr<Provider> first,
                                   std::unique_ptr<Provider> second)
    : second_(std::move(second)), first_(std::move(first)) {}

void FallbackProvider::Nearby(const Query& query, Done done) {
  first_->Nearby(query, [this, query, done = std::move(done)](Answer answer) mutable {
    if (answer.status == Status::kOk || answer.status == Status::kZeroResults) {
      done(std::move(answer));
    } else {
      second_->Nearby(query, std::move(done));
    }
  });
}

void FallbackProvider::Cancel() {
  first_->Cancel();
  second_->Cancel();
}

}  // namespace herd::places
