#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "geo/distance.h"
#include "geo/lat_lng.h"

namespace herd::places {

// What is near a point?
struct Query {
  geo::LatLng center;
  geo::Metres radius;   // over 0, at most 50 km
  int results_max = 0;  // 1 to 20
};

// How a look-up went. The words of Google's legacy Nearby Search, since that is what clients see.
enum class Status {
  kOk,
  kZeroResults,
  kOverQueryLimit,
  kRequestDenied,
  kInvalidRequest,
  kUnknownError,
};

// A look-up's answer.
struct Answer {
  Status status = Status::kUnknownError;
  // A JSON object in the form of a Google Places (legacy) Nearby Search answer, in UTF-8: always
  // with "html_attributions", "results" (at most Query::results_max) and "status"; "error_message"
  // when `status` is neither kOk nor kZeroResults. May hold newlines; the caller folds them.
  std::string json;
};

// An answer without results: what a client sees when a look-up failed or found nothing.
// `error_message` stands in the JSON unless it is empty; any bytes, escaped as needed (bytes that
// are not UTF-8 become U+FFFD).
Answer EmptyAnswer(Status status, std::string_view error_message = {});

// Google's word for a status, as in "OVER_QUERY_LIMIT".
std::string_view StatusWord(Status status);

// Tells what is near a point. Implementations may be called from any thread, many at once.
class Provider {
 public:
  // Called exactly once for each look-up: before Nearby returns or later, from any thread.
  using Done = std::move_only_function<void(Answer)>;

  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  // Ends what is in flight: every Done not yet called is called with kUnknownError.
  virtual ~Provider() = default;

  // Never throws: a failure is an Answer with another status than kOk and kZeroResults, and empty
  // results.
  virtual void Nearby(const Query& query, Done done) = 0;

  // Ends, for the end of the server, what takes longer than a moment: every Done not yet called,
  // and that of each look-up to come, is called soon, with kUnknownError where there is no answer.
  // Any thread; blocks for nothing.
  virtual void Cancel() {}
};

}  // namespace herd::places
