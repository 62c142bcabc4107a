#include "places/google_provider.h"

#include <utility>
#include <vector>

namespace herd::places {
namespace {

using std::chrono::milliseconds;

// A retry that has less time than this left would only be one more time-out.
constexpr milliseconds kRetryTimeMin{200};

std::string_view Explain(HttpFailure::Kind kind) {
  switch (kind) {
    case HttpFailure::Kind::kTimedOut:
      return "Google did not answer in time";
    case HttpFailure::Kind::kUnreachable:
      return "Google cannot be reached";
    case HttpFailure::Kind::kUntrusted:
      return "the TLS connection to Google was refused";
    case HttpFailure::Kind::kDropped:
      return "Google closed the connection without an answer";
    case HttpFailure::Kind::kClosedEarly:
      return "Google closed the connection early";
    case HttpFailure::Kind::kTooLarge:
      return "Google's answer is too large";
    case HttpFailure::Kind::kTooMany:
      return "too many look-ups are under way";
    case HttpFailure::Kind::kCancelled:
      return "the server is shutting down";
    case HttpFailure::Kind::kOther:
      break;
  }
  return "Google could not be asked";
}

std::string Explain(const HttpFailure& failure) {
  std::string text(Explain(failure.kind));
  if (!failure.detail.empty()) text += ": " + failure.detail;
  return text;
}

bool IsServerError(const HttpResult& result) {
  return result && result->status >= 500;
}

// Google let go of the request before it answered: by HTTP/2's GOAWAY or REFUSED_STREAM, or by
// closing a connection. That says nothing about how Google does.
bool WasDropped(const HttpResult& result) {
  return !result && result.error().kind == HttpFailure::Kind::kDropped;
}

}  // namespace

GoogleProvider::GoogleProvider(std::unique_ptr<GoogleApi> api, const GoogleSettings& settings,
                               ApiKey key, Surroundings surroundings)
    : api_(std::move(api)),
      endpoint_(settings.endpoint.empty() ? std::string(api_->Endpoint()) : settings.endpoint),
      timeout_(settings.timeout),
      key_(std::move(key)),
      now_(std::move(surroundings.now)),
      on_look_up_(std::move(surroundings.on_look_up)),
      breaker_(settings.breaker_failures, settings.breaker_open),
      budget_(settings.requests_per_minute, settings.requests_per_day),
      retry_delay_(std::move(surroundings.retry_delay)),
      transport_(std::move(surroundings.transport)) {}

GoogleProvider::~GoogleProvider() {
  // Calls back all that is under way, which uses the other members.
  transport_.reset();
}

void GoogleProvider::Nearby(const Query& query, Done done) {
  const TimePoint now = now_();
  Attempt attempt{.query = query, .ticket = {}, .deadline = now + timeout_};
  std::optional<LookUpFailure> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (!waiters_.Join(query, {std::move(done), now})) return;
    if (!breaker_.Lets(now)) {
      refusal = {Status::kUnknownError, "Google failed too often; it is asked again soon"};
    } else if (const auto spent = budget_.Take(now)) {
      refusal = {Status::kOverQueryLimit, std::string(*spent)};
    } else {
      attempt.ticket = breaker_.Start(now);
    }
  }
  if (refusal) {
    Finish(query, 0, std::unexpected(std::move(*refusal)));
  } else {
    Send(attempt, now, {});
  }
}

void GoogleProvider::Cancel() {
  transport_->Cancel();
}

void GoogleProvider::Send(const Attempt& attempt, TimePoint now, HttpTiming timing) {
  timing.timeout = std::chrono::ceil<milliseconds>(attempt.deadline - now);
  transport_->Send(api_->Ask(endpoint_, key_, attempt.query), timing,
                   [this, attempt](const HttpResult& result) { OnResult(attempt, result); });
}

void GoogleProvider::OnResult(Attempt attempt, const HttpResult& result) {
  const TimePoint now = now_();
  const bool dropped = WasDropped(result);
  if (dropped || IsServerError(result)) {
    if (const auto delay = RetryDelay(attempt, now, dropped)) {
      ++attempt.requests;
      Send(attempt, now, {.delay = *delay, .fresh = dropped});
      return;
    }
  }
  auto outcome = Read(result, attempt.query);
  {
    // A refusal counts as well: Google is there and answers at once. Opening the breaker would only
    // hide its reason from the clients.
    const bool well = outcome || outcome.error().status != Status::kUnknownError;
    const std::lock_guard lock(mutex_);
    breaker_.Finish(attempt.ticket, well, now);
  }
  Finish(attempt.query, attempt.requests, std::move(outcome));
}

std::expected<Answer, LookUpFailure> GoogleProvider::Read(const HttpResult& result,
                                                          const Query& query) const {
  if (!result) {
    return std::unexpected(LookUpFailure{Status::kUnknownError, Explain(result.error())});
  }
  auto outcome = api_->Read(*result, query.results_max);
  if (!outcome) {
    std::string& message = outcome.error().message;
    message = key_.Scrub(message);
    if (key_.IsIn(message)) message = "Google's words about its failure repeat the key";
  } else if (key_.IsIn(outcome->json)) {
    // It never does; but scrubbing JSON that is not ours could break it.
    return std::unexpected(LookUpFailure{Status::kUnknownError, "Google's answer repeats the key"});
  }
  return outcome;
}

std::optional<milliseconds> GoogleProvider::RetryDelay(const Attempt& attempt, TimePoint now,
                                                       bool at_once) {
  constexpr int kRequestsMax = 2;
  if (attempt.requests >= kRequestsMax) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const milliseconds delay = at_once ? milliseconds(0) : retry_delay_();
  if (now + delay + kRetryTimeMin > attempt.deadline || budget_.Take(now)) return std::nullopt;
  return delay;
}

void GoogleProvider::Finish(const Query& query, int requests,
                            std::expected<Answer, LookUpFailure> outcome) {
  const std::string message = outcome ? std::string() : outcome.error().message;
  const Answer answer =
      outcome ? std::move(*outcome) : EmptyAnswer(outcome.error().status, message);
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters = waiters_.Take(query);
  }
  const TimePoint now = now_();
  for (Waiter& waiter : waiters) {
    if (on_look_up_) on_look_up_({answer.status, now - waiter.since, requests, message});
    requests = 0;  // they count for the first, who had them sent
    waiter.done(answer);
  }
}

}  // namespace herd::places
