#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "geo/distance.h"
#include "geo/lat_lng.h"

namespace herd::places {

// For whom a look-up is made, where look-ups cost money: two numbers that are the same for the same
// address (of an IPv6 one its /64) and for the same client.
struct Asker {
  std::uint64_t address = 0;
  std::uint64_t client = 0;
};

// What is near a point?
struct Query {
  geo::LatLng center;
  geo::Metres radius;   // over 0, at most 50 km
  int results_max = 0;  // 1 to 20
  Asker asker{};        // changes nothing in the answer, only whether there is one
};

// How many look-ups were not made, since the server started, and why.
struct Refusals {
  std::uint64_t address_share = 0;  // the asker's address has taken its share of the budget
  std::uint64_t client_share = 0;   // so has the client
  std::uint64_t minute_budget = 0;  // all of it is spent
  std::uint64_t day_budget = 0;
  std::uint64_t breaker = 0;  // Google failed too often
  std::uint64_t waiting = 0;  // very many wait for the same answer already
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

  // Nothing for a provider that refuses none. Any thread.
  virtual std::optional<Refusals> refusals() const { return std::nullopt; }

  // Ends, for the end of the server, what takes longer than a moment: every Done not yet called,
  // and that of each look-up to come, is called soon, with kUnknownError where there is no answer.
  // Any thread; blocks for nothing.
  virtual void Cancel() {}
};

}  // namespace herd::places
