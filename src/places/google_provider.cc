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

// So many may wait for one answer, each of whom gets a copy of it, some 30 kB.
constexpr std::size_t kWaitersMax = 1'000;

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
      address_shares_(settings.requests_per_minute, settings.requests_per_day,
                      settings.address_share_percent),
      client_shares_(settings.requests_per_minute, settings.requests_per_day,
                     settings.client_share_percent),
      retry_delay_(std::move(surroundings.retry_delay)),
      transport_(std::move(surroundings.transport)) {}

GoogleProvider::~GoogleProvider() {
  // Calls back all that is under way, which uses the other members.
  transport_.reset();
}

void GoogleProvider::Nearby(const Query& query, Done done) {
  const TimePoint now = now_();
  std::optional<Waiter> waiter = Waiter{std::move(done), now};
  std::expected<CircuitBreaker::Ticket, LookUpFailure> start;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t waiting = waiters_.CountWaiting(query);
    if (waiting >= kWaitersMax) {
      ++refusals_.waiting;
      start = std::unexpected(
          LookUpFailure{Status::kOverQueryLimit, "too many wait for the same answer"});
    } else if (waiting == 0) {
      start = Start(query.asker, now);
    }
    if (start) waiters_.Join(query, *std::exchange(waiter, std::nullopt));
    if (start && waiting > 0) return;
  }
  if (start) {
    Send({.query = query, .ticket = *start, .deadline = now + timeout_}, now, {});
  } else if (waiter) {
    // To him alone: what his share refuses is no answer to others who ask the same.
    std::vector<Waiter> alone;
    alone.push_back(*std::exchange(waiter, std::nullopt));
    Tell(std::move(alone), 0, std::unexpected(std::move(start.error())));
  }
}

std::optional<Refusals> GoogleProvider::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

std::expected<CircuitBreaker::Ticket, LookUpFailure> GoogleProvider::Start(const Asker& asker,
                                                                           TimePoint now) {
  if (!breaker_.Lets(now)) {
    ++refusals_.breaker;
    return std::unexpected(
        LookUpFailure{Status::kUnknownError, "Google failed too often; it is asked again soon"});
  }
  if (auto refusal = Pay(asker, now)) return std::unexpected(std::move(*refusal));
  return breaker_.Start(now);
}

std::optional<LookUpFailure> GoogleProvider::Pay(const Asker& asker, TimePoint now) {
  const auto refuse = [](std::uint64_t& count, std::string_view why) {
    ++count;
    return LookUpFailure{Status::kOverQueryLimit, std::string(why)};
  };
  if (!address_shares_.HasRoom(asker.address, now)) {
    return refuse(refusals_.address_share, "the share of this address in the budget is spent");
  }
  if (!client_shares_.HasRoom(asker.client, now)) {
    return refuse(refusals_.client_share, "the share of this client in the budget is spent");
  }
  if (const auto spent = budget_.Take(now)) {
    return *spent == RequestBudget::Spent::kMinute
               ? refuse(refusals_.minute_budget, "the budget of requests a minute is spent")
               : refuse(refusals_.day_budget, "the budget of requests a day is spent");
  }
  address_shares_.Take(asker.address, now);
  client_shares_.Take(asker.client, now);
  return std::nullopt;
}

void GoogleProvider::Cancel() {
  transport_->Cancel();
}

void GoogleProvider::Send(const Attempt& attempt, TimePoint now, HttpTiming timing) {
  timing.timeout = std::chrono::ceil<milliseconds>(attempt.deadline - now);
  try {
    transport_->Send(api_->Ask(endpoint_, key_, attempt.query), timing,
                     [this, attempt](const HttpResult& result) { OnResult(attempt, result); });
  } catch (const std::exception& error) {  // no memory; and nobody will call back
    End(attempt,
        std::unexpected(LookUpFailure{Status::kUnknownError,
                                      std::string("Google could not be asked: ") + error.what()}));
  }
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
  End(attempt, Read(result, attempt.query));
}

void GoogleProvider::End(const Attempt& attempt, std::expected<Answer, LookUpFailure> outcome) {
  {
    // A refusal counts as well: Google is there and answers at once. Opening the breaker would only
    // hide its reason from the clients.
    const bool well = outcome || outcome.error().status != Status::kUnknownError;
    const std::lock_guard lock(mutex_);
    breaker_.Finish(attempt.ticket, well, now_());
  }
  Finish(attempt.query, attempt.requests, std::move(outcome));
}

std::expected<Answer, LookUpFailure> GoogleProvider::Read(const HttpResult& result,
                                                          const Query& query) const {
  if (!result) {
    return std::unexpected(LookUpFailure{Status::kUnknownError, Explain(result.error())});
  }
  try {
    return Read(*result, query);
  } catch (const std::exception& error) {  // no memory
    return std::unexpected(LookUpFailure{
        Status::kUnknownError, std::string("Google's answer could not be read: ") + error.what()});
  }
}

std::expected<Answer, LookUpFailure> GoogleProvider::Read(const HttpResponse& response,
                                                          const Query& query) const {
  auto outcome = api_->Read(response, query.results_max);
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
  if (now + delay + kRetryTimeMin > attempt.deadline) return std::nullopt;
  return Pay(attempt.query.asker, now) ? std::nullopt : std::optional(delay);
}

void GoogleProvider::Finish(const Query& query, int requests,
                            std::expected<Answer, LookUpFailure> outcome) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters = waiters_.Take(query);
  }
  Tell(std::move(waiters), requests, std::move(outcome));
}

void GoogleProvider::Tell(std::vector<Waiter> waiters, int requests,
                          std::expected<Answer, LookUpFailure> outcome) const {
  const std::string message = outcome ? std::string() : outcome.error().message;
  const Answer answer =
      outcome ? std::move(*outcome) : EmptyAnswer(outcome.error().status, message);
  const TimePoint now = now_();
  bool shared = false;
  for (Waiter& waiter : waiters) {
    if (on_look_up_) on_look_up_({answer.status, now - waiter.since, requests, shared, message});
    requests = 0;  // they count for the first, who had them sent
    shared = true;
    try {
      waiter.done(answer);
    } catch (const std::exception&) {
      continue;  // no memory: the others are answered all the same
    }
  }
}

}  // namespace herd::places
