#include "places/google_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "places/google_legacy.h"

namespace herd::places {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kOneResult =
    R"({"html_attributions":[],"results":[{"name":"a"}],"status":"OK"})";

// Keeps what is sent; the test answers.
class FakeTransport final : public HttpTransport {
 public:
  struct Sent {
    HttpRequest request;
    HttpTiming timing;
    Done done;
  };

  explicit FakeTransport(std::vector<Sent>& sent) : sent_(sent) {}
  ~FakeTransport() override { FakeTransport::Cancel(); }

  void Cancel() override {
    for (Sent& sent : std::exchange(sent_, {})) {
      sent.done(std::unexpected(HttpFailure{HttpFailure::Kind::kCancelled, {}}));
    }
  }

  void Send(HttpRequest request, HttpTiming timing, Done done) override {
    sent_.push_back({std::move(request), timing, std::move(done)});
  }

 private:
  std::vector<Sent>& sent_;
};

class GoogleProviderTest : public testing::Test {
 protected:
  void SetUp() override {
    settings_.endpoint = "https://localhost:1";
    settings_.address_share_percent = 100;
    settings_.client_share_percent = 100;
    Make();
  }

  void Make(std::unique_ptr<GoogleApi> api = std::make_unique<GoogleLegacyApi>()) {
    provider_ = std::make_unique<GoogleProvider>(
        std::move(api), settings_, *ApiKey::Make("THE-KEY"),
        GoogleProvider::Surroundings{.transport = std::make_unique<FakeTransport>(sent_),
                                     .now = [this] { return now_; },
                                     .retry_delay = [] { return milliseconds(70); },
                                     .on_look_up =
                                         [this](const LookUp& look_up) {
                                           look_ups_.push_back(
                                               std::string(StatusWord(look_up.status)) + " " +
                                               std::to_string(look_up.requests) + " " +
                                               std::to_string(look_up.duration / milliseconds(1)) +
                                               " " + std::string(look_up.message));
                                         }});
  }

  void Ask(double lat_deg = 1, Asker asker = {}) {
    provider_->Nearby({{lat_deg, 2}, {500}, 5, asker},
                      [this](Answer answer) { answers_.push_back(std::move(answer)); });
  }

  // Answers the oldest request that is not answered.
  void Reply(HttpResult result) {
    ASSERT_FALSE(sent_.empty());
    FakeTransport::Sent sent = std::move(sent_.front());
    sent_.erase(sent_.begin());
    sent.done(std::move(result));
  }
  void Reply(int status, std::string body) { Reply(HttpResponse{status, std::move(body)}); }
  void Fail(HttpFailure::Kind kind) { Reply(std::unexpected(HttpFailure{kind, "why"})); }

  GoogleSettings settings_;
  std::chrono::steady_clock::time_point now_{seconds(100)};
  std::vector<FakeTransport::Sent> sent_;
  std::vector<Answer> answers_;
  std::vector<std::string> look_ups_;
  std::unique_ptr<GoogleProvider> provider_;
};

// Each of them gets a copy of the answer.
TEST_F(GoogleProviderTest, LetsAThousandWaitForOneAnswerAndNoMore) {
  for (int i = 0; i < 1'000; ++i) Ask();
  EXPECT_TRUE(answers_.empty());
  Ask();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].status, Status::kOverQueryLimit);
  EXPECT_EQ(provider_->refusals()->waiting, 1U);
  Ask(50);  // something else
  EXPECT_EQ(sent_.size(), 2U);
  Reply(200, kOneResult);
  EXPECT_EQ(answers_.size(), 1'001U);
  EXPECT_EQ(answers_.back().status, Status::kOk);
}

TEST_F(GoogleProviderTest, AsksOnceAndPassesTheAnswerOn) {
  Ask();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(sent_[0].request.url, testing::StartsWith("https://localhost:1/maps/api/place/"));
  EXPECT_EQ(sent_[0].timing.timeout, milliseconds(3000));
  EXPECT_EQ(sent_[0].timing.delay, milliseconds(0));
  now_ += milliseconds(40);
  Reply(200, kOneResult);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].status, Status::kOk);
  EXPECT_EQ(answers_[0].json, kOneResult);
  EXPECT_THAT(look_ups_, ElementsAre("OK 1 40 "));
}

TEST_F(GoogleProviderTest, AnswersWhoWaitsWhenCancelled) {
  Ask(1);
  Ask(1);
  Ask(2);
  provider_->Cancel();
  ASSERT_EQ(answers_.size(), 3U);
  for (const Answer& answer : answers_) {
    EXPECT_EQ(answer.status, Status::kUnknownError);
    EXPECT_THAT(answer.json, HasSubstr("the server is shutting down"));
  }
}

// Cannot write the questions or read the answers that it is told to.
class ThrowingApi final : public GoogleApi {
 public:
  explicit ThrowingApi(const bool& asks) : asks_(asks) {}

  std::string_view Endpoint() const override { return "https://localhost:1"; }
  HttpRequest Ask(std::string_view, const ApiKey&, const Query&) const override {
    if (!asks_) throw std::bad_alloc();
    return {};
  }
  std::expected<Answer, LookUpFailure> Read(const HttpResponse&, int) const override {
    throw std::bad_alloc();
  }

 private:
  const bool& asks_;
};

TEST_F(GoogleProviderTest, AnswersWhoWaitsWhenSomethingThrows) {
  bool asks = false;
  Make(std::make_unique<ThrowingApi>(asks));
  Ask();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].status, Status::kUnknownError);
  EXPECT_THAT(answers_[0].json, HasSubstr("could not be asked"));
  asks = true;
  provider_->Nearby({{1, 2}, {500}, 5}, [](const Answer&) { throw std::bad_alloc(); });
  Ask();
  Reply(200, kOneResult);
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_THAT(answers_[1].json, HasSubstr("could not be read"));
}

TEST_F(GoogleProviderTest, AsksGoogleItselfWithoutAnEndpoint) {
  settings_.endpoint.clear();
  Make();
  Ask();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(sent_[0].request.url, testing::StartsWith("https://maps.googleapis.com/"));
}

TEST_F(GoogleProviderTest, SharesOneRequestAmongThoseWhoAskTheSame) {
  Ask(1);
  now_ += milliseconds(10);
  Ask(1);
  Ask(3);
  EXPECT_EQ(sent_.size(), 2U);
  now_ += milliseconds(10);
  Reply(200, kOneResult);
  EXPECT_EQ(answers_.size(), 2U);
  EXPECT_EQ(answers_[0].json, answers_[1].json);
  EXPECT_THAT(look_ups_, ElementsAre("OK 1 20 ", "OK 0 10 "));
}

TEST_F(GoogleProviderTest, KeepsNothingOnceAnswered) {
  Ask();
  Reply(200, kOneResult);
  Ask();
  EXPECT_EQ(sent_.size(), 1U) << "asked again";
}

TEST_F(GoogleProviderTest, DoneMayAskTheSameAgain) {
  provider_->Nearby({{1, 2}, {500}, 5}, [this](const Answer&) { Ask(); });
  Reply(200, kOneResult);
  EXPECT_EQ(sent_.size(), 1U);
  Reply(200, kOneResult);
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(GoogleProviderTest, RetriesAServerErrorOnceWithinTheTimeOut) {
  Ask();
  now_ += milliseconds(500);
  Reply(503, "");
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(sent_[0].timing.delay, milliseconds(70));
  EXPECT_EQ(sent_[0].timing.timeout, milliseconds(2500));
  Reply(200, kOneResult);
  EXPECT_THAT(look_ups_, ElementsAre("OK 2 500 "));

  Ask();
  Reply(500, "");
  Reply(500, "");
  EXPECT_THAT(sent_, IsEmpty()) << "at most one retry";
  EXPECT_THAT(look_ups_, ElementsAre("OK 2 500 ", "UNKNOWN_ERROR 2 0 Google answered HTTP 500"));
  EXPECT_EQ(answers_.back().status, Status::kUnknownError);
}

TEST_F(GoogleProviderTest, DoesNotRetryWhenNoTimeIsLeft) {
  Ask();
  now_ += milliseconds(2800);
  Reply(503, "");
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(GoogleProviderTest, ARetryCountsInTheBudget) {
  settings_.requests_per_day = 1;
  Make();
  Ask();
  Reply(503, "");
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(GoogleProviderTest, DoesNotRetryOtherFailures) {
  for (const auto kind : {HttpFailure::Kind::kTimedOut, HttpFailure::Kind::kClosedEarly}) {
    Ask();
    Fail(kind);
    EXPECT_THAT(sent_, IsEmpty());
  }
  Ask();
  Reply(429, "");
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_EQ(answers_.size(), 3U);
}

TEST_F(GoogleProviderTest, RetriesADroppedRequestAtOnceOnANewConnection) {
  settings_.breaker_failures = 1;
  Make();
  Ask();
  now_ += milliseconds(500);
  Fail(HttpFailure::Kind::kDropped);
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(sent_[0].timing.delay, milliseconds(0));
  EXPECT_TRUE(sent_[0].timing.fresh);
  EXPECT_EQ(sent_[0].timing.timeout, milliseconds(2500));
  Reply(200, kOneResult);
  Ask();
  ASSERT_EQ(sent_.size(), 1U) << "the breaker is closed";
  EXPECT_FALSE(sent_[0].timing.fresh);
  Fail(HttpFailure::Kind::kDropped);
  Fail(HttpFailure::Kind::kDropped);
  EXPECT_THAT(sent_, IsEmpty()) << "at most one retry";
  Ask();
  EXPECT_THAT(sent_, IsEmpty()) << "dropped twice is a failure";
  EXPECT_THAT(look_ups_,
              ElementsAre("OK 2 500 ",
                          "UNKNOWN_ERROR 2 0 Google closed the connection without an answer: why",
                          "UNKNOWN_ERROR 0 0 Google failed too often; it is asked again soon"));
}

TEST_F(GoogleProviderTest, GivesTheKeyAwayInNoSpelling) {
  // THE-KEY in escapes of JSON, of URLs, of HTML, and of several of them.
  for (const std::string spelled : {R"(\u0054\u0048\u0045-KEY)", "%54HE%2dKEY", "%2554HE-KEY",
                                    "&#84;HE-KEY", "&#x54;HE-KEY", R"(TH\u0045%2D\u0026#75;EY)"}) {
    Ask();
    Reply(200, R"({"results":[{"url":"?key=)" + spelled + R"("}],"status":"OK"})");
    EXPECT_EQ(answers_.back().json,
              EmptyAnswer(Status::kUnknownError, "Google's answer repeats the key").json);
    Ask();
    Reply(200, R"({"error_message":"the key )" + spelled + R"(","status":"REQUEST_DENIED"})");
    EXPECT_EQ(answers_.back().status, Status::kRequestDenied);
    EXPECT_THAT(answers_.back().json, Not(HasSubstr("KEY")));
    EXPECT_THAT(answers_.back().json, Not(HasSubstr("EY")));
  }
}

TEST_F(GoogleProviderTest, SaysWhyGoogleCouldNotBeAsked) {
  settings_.breaker_failures = 0;
  Make();
  for (const auto& [kind, text] : std::vector<std::pair<HttpFailure::Kind, std::string>>{
           {HttpFailure::Kind::kTimedOut, "Google did not answer in time: why"},
           {HttpFailure::Kind::kUnreachable, "Google cannot be reached: why"},
           {HttpFailure::Kind::kUntrusted, "the TLS connection to Google was refused: why"},
           {HttpFailure::Kind::kClosedEarly, "Google closed the connection early: why"},
           {HttpFailure::Kind::kTooLarge, "Google's answer is too large: why"},
           {HttpFailure::Kind::kTooMany, "too many look-ups are under way: why"},
           {HttpFailure::Kind::kOther, "Google could not be asked: why"}}) {
    Ask();
    Fail(kind);
    EXPECT_EQ(answers_.back().status, Status::kUnknownError);
    EXPECT_EQ(answers_.back().json, EmptyAnswer(Status::kUnknownError, text).json);
  }
}

TEST_F(GoogleProviderTest, ASpentBudgetIsToldWithoutAsking) {
  settings_.requests_per_minute = 2;
  Make();
  Ask(1);
  Ask(2);
  Ask(3);
  EXPECT_EQ(sent_.size(), 2U);
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].json,
            EmptyAnswer(Status::kOverQueryLimit, "the budget of requests a minute is spent").json);
  EXPECT_THAT(look_ups_,
              ElementsAre("OVER_QUERY_LIMIT 0 0 the budget of requests a minute is spent"));
  now_ += seconds(61);
  Ask(3);
  EXPECT_EQ(sent_.size(), 3U);
}

TEST_F(GoogleProviderTest, AnAddressAndAClientHaveASharePerBudget) {
  settings_.requests_per_minute = 30;
  settings_.address_share_percent = 10;
  settings_.client_share_percent = 20;
  Make();
  for (int i = 0; i < 5; ++i) Ask(i, {.address = 1, .client = 7});
  EXPECT_EQ(sent_.size(), 3U);
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_EQ(answers_[1].json,
            EmptyAnswer(Status::kOverQueryLimit, "the share of this address in the budget is spent")
                .json);
  for (std::uint64_t i = 2; i < 7; ++i)
    Ask(10 * static_cast<double>(i), {.address = i, .client = 7});
  EXPECT_EQ(sent_.size(), 6U) << "others have theirs, until the client's is spent";
  ASSERT_EQ(answers_.size(), 4U);
  EXPECT_EQ(
      answers_[3].json,
      EmptyAnswer(Status::kOverQueryLimit, "the share of this client in the budget is spent").json);
  Ask(80, {.address = 6, .client = 8});
  EXPECT_EQ(sent_.size(), 7U);
  Ask(80, {.address = 1, .client = 7});
  EXPECT_EQ(answers_.size(), 4U) << "who waits for another's answer needs no share";
  EXPECT_EQ(provider_->refusals()->address_share, 2U);
  EXPECT_EQ(provider_->refusals()->client_share, 2U);
  EXPECT_EQ(provider_->refusals()->minute_budget, 0U);
}

TEST_F(GoogleProviderTest, ARetryCountsInTheShare) {
  settings_.address_share_percent = 1;
  settings_.requests_per_minute = 300;
  Make();
  Ask(1);
  Ask(2);
  Reply(503, "");
  EXPECT_EQ(sent_.size(), 2U) << "the third of three";
  Reply(503, "");
  EXPECT_EQ(sent_.size(), 1U);
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(GoogleProviderTest, CountsWhatItRefuses) {
  settings_.requests_per_minute = 1;
  settings_.requests_per_day = 2;
  settings_.breaker_failures = 1;
  Make();
  Ask(1);
  Ask(2);
  now_ += seconds(61);
  Ask(3);
  now_ += seconds(61);
  Ask(4);
  Fail(HttpFailure::Kind::kTimedOut);
  Ask(5);
  const auto refusals = provider_->refusals();
  ASSERT_TRUE(refusals);
  EXPECT_EQ(refusals->minute_budget, 1U);
  EXPECT_EQ(refusals->day_budget, 1U);
  EXPECT_EQ(refusals->breaker, 1U);
}

TEST_F(GoogleProviderTest, FailuresInARowOpenTheBreaker) {
  for (int i = 0; i < 5; ++i) {
    Ask();
    Fail(HttpFailure::Kind::kTimedOut);
  }
  Ask();
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_THAT(answers_.back().json, HasSubstr("failed too often"));
  now_ += seconds(10);
  Ask(1);
  Ask(2);
  EXPECT_EQ(sent_.size(), 1U) << "one probe";
  Reply(200, kOneResult);
  Ask(2);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(GoogleProviderTest, RefusalsDoNotOpenTheBreaker) {
  for (int i = 0; i < 20; ++i) {
    Ask();
    Reply(i % 2 == 0 ? 429 : 403, "");
  }
  Ask();
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(GoogleProviderTest, AnOpenBreakerCostsNoBudget) {
  settings_.requests_per_day = 6;
  Make();
  for (int i = 0; i < 5; ++i) {
    Ask();
    Fail(HttpFailure::Kind::kTimedOut);
  }
  for (int i = 0; i < 50; ++i) Ask();
  now_ += seconds(10);
  Ask();
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(GoogleProviderTest, NeverGivesTheKeyAway) {
  Ask();
  Reply(200, R"({"error_message":"wrong: \u0054HE-KEY, THE-KEY","status":"REQUEST_DENIED"})");
  EXPECT_THAT(answers_[0].json, HasSubstr("wrong: [key], [key]"));
  Ask();
  Reply(200, R"({"results":[{"url":"?key=THE-KEY"}],"status":"OK"})");
  EXPECT_EQ(answers_[1].status, Status::kUnknownError);
  for (const Answer& answer : answers_) EXPECT_THAT(answer.json, Not(HasSubstr("THE-KEY")));
  for (const std::string& look_up : look_ups_) EXPECT_THAT(look_up, Not(HasSubstr("THE-KEY")));
}

TEST_F(GoogleProviderTest, ItsEndAnswersAllWhoWait) {
  Ask(1);
  Ask(1);
  Ask(2);
  provider_.reset();
  ASSERT_EQ(answers_.size(), 3U);
  for (const Answer& answer : answers_) {
    EXPECT_EQ(answer.json, EmptyAnswer(Status::kUnknownError, "the server is shutting down").json);
  }
}

TEST(MakeGoogleProvider, RefusesEndpointsThatAreNone) {
  for (const char* endpoint : {"http://localhost", "localhost:1", "https://", "https://h/path",
                               "https://u@h", "https://h?q", "https://h h", "HTTPS://h"}) {
    GoogleSettings settings;
    settings.endpoint = endpoint;
    const auto provider = MakeGoogleProvider(GoogleKind::kNew, settings, *ApiKey::Make("K"), {});
    ASSERT_FALSE(provider) << endpoint;
    EXPECT_THAT(provider.error(), HasSubstr("https://HOST:PORT"));
  }
}

TEST(MakeGoogleProvider, RefusesACaFileThatIsNone) {
  GoogleSettings settings;
  settings.ca_file = "/nonexistent/ca.pem";
  const auto provider = MakeGoogleProvider(GoogleKind::kLegacy, settings, *ApiKey::Make("K"), {});
  ASSERT_FALSE(provider);
  EXPECT_THAT(provider.error(), HasSubstr("/nonexistent/ca.pem"));
}

}  // namespace
}  // namespace herd::places
