#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "places/api_key.h"
#include "places/circuit_breaker.h"
#include "places/google_api.h"
#include "places/google_settings.h"
#include "places/http_transport.h"
#include "places/provider.h"
#include "places/request_budget.h"
#include "places/request_share.h"
#include "places/same_question.h"

namespace herd::places {

// How one look-up went, for logs and metrics.
struct LookUp {
  Status status = Status::kUnknownError;
  std::chrono::steady_clock::duration duration{};  // as the asker saw it
  int requests =
      0;  // sent to Google for it: 0 when refused here or when another's answer was shared
  bool shared = false;       // the answer is that of another look-up, which was told of as well
  std::string_view message;  // of a failure; without the key; valid during the call
};

// Called once for each look-up, before its Done, from any thread, many at once.
using OnLookUp = std::function<void(const LookUp&)>;

// Asks Google. Guards (each its own class): one request at a time for the same question, a circuit
// breaker, a budget, of which each address and each client has a share, and at most one retry.
// Nothing is kept of an answer once it is given: Google's terms forbid it.
//
// Any thread, many at once. What the transport calls back runs on its thread, Done included.
class GoogleProvider final : public Provider {
 public:
  // What the provider does not do itself, so that tests can.
  struct Surroundings {
    std::unique_ptr<HttpTransport> transport;
    std::function<std::chrono::steady_clock::time_point()> now;
    // How long to wait before a retry; called by one thread at a time.
    std::function<std::chrono::milliseconds()> retry_delay;
    OnLookUp on_look_up;  // may be empty
  };

  // `settings.endpoint` is empty or was checked.
  GoogleProvider(std::unique_ptr<GoogleApi> api, const GoogleSettings& settings, ApiKey key,
                 Surroundings surroundings);
  ~GoogleProvider() override;

  void Nearby(const Query& query, Done done) override;
  std::optional<Refusals> refusals() const override;
  void Cancel() override;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Waiter {
    Done done;
    TimePoint since;
  };

  // One question on its way to Google.
  struct Attempt {
    Query query;
    CircuitBreaker::Ticket ticket;
    TimePoint deadline;
    int requests = 1;  // sent so far, this one included
  };

  // Takes what a request costs, or says why it must not be sent. With the lock.
  std::optional<LookUpFailure> Pay(const Asker& asker, TimePoint now);
  // Lets a question start, or says why not. With the lock.
  std::expected<CircuitBreaker::Ticket, LookUpFailure> Start(const Asker& asker, TimePoint now);
  // `timing`: all but the time-out, which is what the attempt has left.
  void Send(const Attempt& attempt, TimePoint now, HttpTiming timing);
  void OnResult(Attempt attempt, const HttpResult& result);
  void End(const Attempt& attempt, std::expected<Answer, LookUpFailure> outcome);
  std::expected<Answer, LookUpFailure> Read(const HttpResult& result, const Query& query) const;
  std::expected<Answer, LookUpFailure> Read(const HttpResponse& response, const Query& query) const;
  // The delay of a retry, or nothing when there is to be none.
  std::optional<std::chrono::milliseconds> RetryDelay(const Attempt& attempt, TimePoint now,
                                                      bool at_once);
  void Finish(const Query& query, int requests, std::expected<Answer, LookUpFailure> outcome);
  // Answers those who asked one question. Without the lock.
  void Tell(std::vector<Waiter> waiters, int requests,
            std::expected<Answer, LookUpFailure> outcome) const;

  const std::unique_ptr<GoogleApi> api_;
  const std::string endpoint_;
  const std::chrono::milliseconds timeout_;
  const ApiKey key_;
  const std::function<TimePoint()> now_;
  const OnLookUp on_look_up_;

  mutable std::mutex mutex_;  // guards all that follow but the transport; held for no call out
                              // but retry_delay_
  SameQuestion<Waiter> waiters_;
  CircuitBreaker breaker_;
  RequestBudget budget_;
  RequestShare address_shares_;
  RequestShare client_shares_;
  Refusals refusals_;
  std::function<std::chrono::milliseconds()> retry_delay_;

  std::unique_ptr<HttpTransport> transport_;
};

enum class GoogleKind { kLegacy, kNew };

// A provider that asks Google itself, or `settings.endpoint`, over HTTPS. The error says what is
// wrong with the settings.
std::expected<std::unique_ptr<Provider>, std::string> MakeGoogleProvider(
    GoogleKind kind, const GoogleSettings& settings, ApiKey key, OnLookUp on_look_up);

}  // namespace herd::places
