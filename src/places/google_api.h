#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "places/api_key.h"
#include "places/http_transport.h"
#include "places/json_tree.h"
#include "places/provider.h"

namespace herd::places {

// A look-up that failed: what the client is told.
struct LookUpFailure {
  Status status = Status::kUnknownError;  // neither kOk nor kZeroResults
  std::string message;
};

// One of Google's two ways to ask what is near: how a question is written and an answer read. No
// state, no I/O; any thread.
class GoogleApi {
 public:
  GoogleApi() = default;
  GoogleApi(const GoogleApi&) = delete;
  GoogleApi& operator=(const GoogleApi&) = delete;
  virtual ~GoogleApi() = default;

  // "https://host": Google's own server for it.
  virtual std::string_view Endpoint() const = 0;

  // `endpoint` as "https://host[:port]". What comes back holds the key.
  virtual HttpRequest Ask(std::string_view endpoint, const ApiKey& key,
                          const Query& query) const = 0;

  // The answer for the client, with at most `results_max` results, at least 1. The response is
  // believed in nothing: what comes back is valid JSON in the legacy form, or a failure. Its
  // message may be Google's own words: scrub it of the key.
  virtual std::expected<Answer, LookUpFailure> Read(const HttpResponse& response,
                                                    int results_max) const = 0;
};

// What Google sent is no answer, because of `why`.
std::unexpected<LookUpFailure> NotAnAnswer(std::string_view why);

// Google's own words about a failure, or `ours` where `words` is null, no string, or says nothing.
// They become one line: control characters (Unicode's line ends among them) are taken for spaces,
// so that no log line can be forged, and only the first kWordsBytesMax bytes stay.
std::string GooglesWords(const JsonValue* words, std::string_view ours);
inline constexpr std::size_t kWordsBytesMax = 1024;

// What the HTTP status of a refusal means, where nothing in the body says more.
Status StatusOfHttp(int http_status);

// The shortest decimal text that reads back as the same number, without an exponent.
std::string Decimal(double number);

}  // namespace herd::places
