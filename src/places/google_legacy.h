#pragma once

#include <expected>
#include <string_view>

#include "places/google_api.h"

namespace herd::places {

// Nearby Search (legacy),
// https://developers.google.com/maps/documentation/places/web-service/search-nearby Its answers
// already have the form that clients see. They are passed on in Google's own bytes, but
// - of the results only the first results_max stay;
// - if that took any away, next_page_token goes too: it continues after the last result that Google
//   sent, so that whoever followed it would never see those that were cut;
// - html_attributions is added where it is missing.
class GoogleLegacyApi final : public GoogleApi {
 public:
  std::string_view Endpoint() const override;
  HttpRequest Ask(std::string_view endpoint, const ApiKey& key, const Query& query) const override;
  std::expected<Answer, LookUpFailure> Read(const HttpResponse& response,
                                            int results_max) const override;
};

}  // namespace herd::places
