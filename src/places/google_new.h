#pragma once

#include <expected>
#include <string_view>

#include "places/google_api.h"

namespace herd::places {

// Nearby Search of Places API (New),
// https://developers.google.com/maps/documentation/places/web-service/nearby-search Its answers are
// translated to the legacy form; strings and numbers stay in Google's own bytes.
class GoogleNewApi final : public GoogleApi {
 public:
  std::string_view Endpoint() const override;
  HttpRequest Ask(std::string_view endpoint, const ApiKey& key, const Query& query) const override;
  std::expected<Answer, LookUpFailure> Read(const HttpResponse& response,
                                            int results_max) const override;
};

}  // namespace herd::places
