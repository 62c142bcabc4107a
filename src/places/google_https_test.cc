// The providers through libcurl against tests/google_stub.py, a stand-in for Google on loopback
// HTTPS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "places/curl_transfer.h"
#include "places/curl_transport.h"
#include "places/google_provider.h"
#include "places/google_stub.h"
#include "places/json_tree.h"

namespace herd::places {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "stub-KEY_1";
// Far longer than anything here takes: only a broken program waits so long.
constexpr seconds kPatience{60};

HttpResult Fetch(HttpTransport& transport, HttpRequest request, milliseconds timeout = kPatience) {
  std::promise<HttpResult> promise;
  auto future = promise.get_future();
  transport.Send(std::move(request), {.timeout = timeout},
                 [&](HttpResult result) { promise.set_value(std::move(result)); });
  return future.get();
}

class GoogleHttps : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Some machines reach the world by a proxy only; loopback is not the world.
    setenv("no_proxy", "localhost,127.0.0.1", 1);
    stub_ = std::make_unique<GoogleStub>();
  }
  static void TearDownTestSuite() { stub_.reset(); }

  GoogleHttps() {
    settings_.endpoint = stub_->Endpoint();
    settings_.ca_file = stub_->CaFile();
    settings_.timeout = kPatience;
    settings_.breaker_failures = 0;
    control_ = Transport({.ca_file = stub_->CaFile()});
    Mode("ok");
  }

  static std::unique_ptr<HttpTransport> Transport(const CurlTransport::Options& options) {
    auto transport = CurlTransport::Make(options);
    if (!transport) throw std::runtime_error(transport.error());
    return std::move(*transport);
  }

  void Mode(const std::string& mode) {
    const auto result = Fetch(*control_, {stub_->Endpoint() + "/control/mode", {}, mode});
    ASSERT_TRUE(result) << result.error().detail;
    ASSERT_EQ(result->status, 200);
  }

  // The place requests since the last Mode, as the stub tells them.
  std::string Requests() {
    const auto result = Fetch(*control_, {stub_->Endpoint() + "/control/requests", {}, {}});
    return result ? result->body : "";
  }
  std::size_t RequestCount() {
    const auto tree = JsonTree::Parse("{\"requests\":" + Requests() + "}");
    return tree ? tree->Root().Find("requests")->children.size() : 999;
  }

  std::unique_ptr<Provider> Make(GoogleKind kind) {
    auto provider = MakeGoogleProvider(kind, settings_, *ApiKey::Make(kKey), on_look_up_);
    if (!provider) throw std::runtime_error(provider.error());
    return std::move(*provider);
  }

  static std::future<Answer> Ask(Provider& provider, int results_max = 20) {
    auto promise = std::make_unique<std::promise<Answer>>();
    auto future = promise->get_future();
    provider.Nearby(
        {{34.06893, -118.445127}, {10'000}, results_max},
        [promise = std::move(promise)](Answer answer) { promise->set_value(std::move(answer)); });
    return future;
  }

  static constexpr std::array kKinds = {GoogleKind::kLegacy, GoogleKind::kNew};

  // Both providers, asked in `mode`, fail with this status and a message that holds `text`, not the
  // key.
  void ExpectFailure(const std::string& mode, Status status, const std::string& text) {
    for (const GoogleKind kind : kKinds) {
      Mode(mode);
      const Answer answer = Ask(*Make(kind)).get();
      EXPECT_EQ(answer.status, status) << mode << answer.json;
      EXPECT_THAT(answer.json, HasSubstr(text)) << mode;
      EXPECT_THAT(answer.json, HasSubstr("\"results\":[]")) << mode;
      EXPECT_THAT(answer.json, Not(HasSubstr(kKey))) << mode;
    }
  }

  static inline std::unique_ptr<GoogleStub> stub_;
  GoogleSettings settings_;
  OnLookUp on_look_up_;
  std::unique_ptr<HttpTransport> control_;
};

// What the schema demands of every result that we give.
void ExpectLegacyForm(const JsonValue& root, std::size_t results_max) {
  ASSERT_NE(root.Find("html_attributions"), nullptr);
  EXPECT_TRUE(root.Find("html_attributions")->IsArrayOfStrings());
  EXPECT_EQ(root.Find("status")->string, "OK");
  const auto& results = root.Find("results")->children;
  EXPECT_GE(results.size(), 1U);
  EXPECT_LE(results.size(), results_max);
  for (const JsonValue& place : results) {
    for (const char* member : {"name", "place_id", "vicinity"}) {
      ASSERT_NE(place.Find(member), nullptr) << member;
      EXPECT_TRUE(place.Find(member)->IsString()) << member;
    }
    EXPECT_TRUE(place.Find("types")->IsArrayOfStrings());
    const JsonValue* geometry = place.Find("geometry");
    if (geometry == nullptr) continue;
    const JsonValue* viewport = geometry->Find("viewport");
    for (const JsonValue* point :
         {geometry->Find("location"), viewport->Find("northeast"), viewport->Find("southwest")}) {
      ASSERT_NE(point, nullptr);
      EXPECT_TRUE(point->Find("lat")->IsNumber() && point->Find("lng")->IsNumber());
    }
  }
}

TEST_F(GoogleHttps, GivesPlacesInTheLegacyForm) {
  for (const GoogleKind kind : kKinds) {
    const auto provider = Make(kind);
    for (const int results_max : {1, 2, 20}) {
      const Answer answer = Ask(*provider, results_max).get();
      ASSERT_EQ(answer.status, Status::kOk) << answer.json;
      const auto tree = JsonTree::Parse(answer.json);
      ASSERT_TRUE(tree) << tree.error();
      ExpectLegacyForm(tree->Root(), static_cast<std::size_t>(results_max));
    }
    EXPECT_EQ(RequestCount(), kind == GoogleKind::kLegacy ? 3U : 6U);
  }
}

TEST_F(GoogleHttps, SendsTheKeyOnlyWhereItBelongs) {
  EXPECT_EQ(Ask(*Make(GoogleKind::kLegacy)).get().status, Status::kOk);
  EXPECT_THAT(Requests(), HasSubstr(std::string("\"key\": \"") + kKey));
  Mode("ok");
  EXPECT_EQ(Ask(*Make(GoogleKind::kNew)).get().status, Status::kOk);
  const std::string requests = Requests();
  EXPECT_THAT(requests, HasSubstr(std::string("\"x-goog-api-key\": \"") + kKey));
  EXPECT_THAT(requests, HasSubstr("\"query\": {}"));
}

TEST_F(GoogleHttps, NothingNearIsZeroResults) {
  Mode("empty");
  for (const GoogleKind kind : kKinds) {
    const Answer answer = Ask(*Make(kind)).get();
    EXPECT_EQ(answer.status, Status::kZeroResults);
    EXPECT_EQ(answer.json, EmptyAnswer(Status::kZeroResults).json);
  }
}

TEST_F(GoogleHttps, MapsRefusals) {
  ExpectFailure("400", Status::kInvalidRequest, "the key was [key].");
  ExpectFailure("403", Status::kRequestDenied, "the key was [key].");
  ExpectFailure("429", Status::kOverQueryLimit, "the key was [key].");
  ExpectFailure("denied", Status::kRequestDenied, "the key was [key].");
  ExpectFailure("over-limit", Status::kOverQueryLimit, "the key was [key].");
}

TEST_F(GoogleHttps, MapsBrokenAnswers) {
  ExpectFailure("close", Status::kUnknownError, "closed the connection without an answer");
  EXPECT_EQ(RequestCount(), 2U);
  ExpectFailure("close-early", Status::kUnknownError, "closed the connection early");
  ExpectFailure("bad-json", Status::kUnknownError, "Google's answer is not one");
  ExpectFailure("not-places", Status::kUnknownError, "Google's answer is not one");
  ExpectFailure("huge", Status::kUnknownError, "too large: more than 4194304 bytes");
}

TEST_F(GoogleHttps, DoesNotFollowRedirects) {
  ExpectFailure("redirect", Status::kUnknownError, "Google answered HTTP 302");
  EXPECT_EQ(RequestCount(), 1U);
}

TEST_F(GoogleHttps, RetriesAServerErrorOnce) {
  ExpectFailure("500", Status::kUnknownError, "the key was [key].");
  EXPECT_EQ(RequestCount(), 2U);
  for (const GoogleKind kind : kKinds) {
    Mode("500-once");
    EXPECT_EQ(Ask(*Make(kind)).get().status, Status::kOk);
    EXPECT_EQ(RequestCount(), 2U);
  }
}

TEST_F(GoogleHttps, AsksAgainAtOnceWhenGoogleLetGoOfTheRequest) {
  settings_.breaker_failures = 1;
  for (const char* mode : {"close-once", "goaway-once"}) {
    for (const GoogleKind kind : kKinds) {
      Mode(mode);
      const auto provider = Make(kind);
      const Answer answer = Ask(*provider).get();
      EXPECT_EQ(answer.status, Status::kOk) << mode << answer.json;
      EXPECT_EQ(RequestCount(), 2U) << mode;
      EXPECT_EQ(Ask(*provider).get().status, Status::kOk) << "it was no failure for the breaker";
    }
  }
}

TEST_F(GoogleHttps, GivesUpAtTheTimeOut) {
  settings_.timeout = milliseconds(300);
  for (const char* mode : {"hang", "drip"}) {
    const auto before = std::chrono::steady_clock::now();
    ExpectFailure(mode, Status::kUnknownError, "Google did not answer in time");
    const auto took = std::chrono::steady_clock::now() - before;
    EXPECT_GE(took, 2 * milliseconds(300)) << mode;
    EXPECT_LT(took, seconds(30)) << mode;
  }
}

TEST_F(GoogleHttps, RefusesACertificateThatItDoesNotTrust) {
  settings_.ca_file.clear();
  ExpectFailure("ok", Status::kUnknownError, "the TLS connection to Google was refused");
  EXPECT_EQ(RequestCount(), 0U) << "no key is sent to whom we do not trust";
}

TEST_F(GoogleHttps, RefusesACertificateOfAnotherHost) {
  settings_.endpoint.replace(settings_.endpoint.find("localhost"), 9, "127.0.0.1");
  ExpectFailure("ok", Status::kUnknownError, "the TLS connection to Google was refused");
  EXPECT_EQ(RequestCount(), 0U);
}

TEST_F(GoogleHttps, OnlyHttps) {
  std::string url = stub_->Endpoint() + "/control/requests";
  url.replace(0, 5, "http");
  const auto result = Fetch(*control_, {url, {}, {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, "Unsupported protocol");
}

TEST_F(GoogleHttps, SharesOneRequestAmongThoseWhoAskTheSame) {
  Mode("hold");
  const auto provider = Make(GoogleKind::kLegacy);
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(Ask(*provider));
  while (RequestCount() == 0) std::this_thread::yield();
  EXPECT_EQ(RequestCount(), 1U);
  Mode("ok");
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, Status::kOk);
  EXPECT_EQ(RequestCount(), 0U);
}

TEST_F(GoogleHttps, ItsEndAnswersAllWhoWait) {
  Mode("hang");
  auto provider = Make(GoogleKind::kNew);
  std::vector<std::future<Answer>> answers;
  for (int i = 1; i <= 5; ++i) answers.push_back(Ask(*provider, i));
  while (RequestCount() < 3) std::this_thread::yield();
  provider.reset();
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(seconds(0)), std::future_status::ready);
    EXPECT_EQ(answer.get().status, Status::kUnknownError);
  }
}

TEST_F(GoogleHttps, AClosedPortIsUnreachable) {
  settings_.endpoint = "https://localhost:1";
  ExpectFailure("ok", Status::kUnknownError, "Google cannot be reached");
}

TEST_F(GoogleHttps, TellsTheListenerTheDurationAndTheRequests) {
  std::promise<std::pair<Status, int>> told;
  on_look_up_ = [&](const LookUp& look_up) {
    EXPECT_GE(look_up.duration, milliseconds(50)) << "the delay before the retry";
    told.set_value({look_up.status, look_up.requests});
  };
  Mode("500-once");
  const auto provider = Make(GoogleKind::kLegacy);
  Ask(*provider).get();
  EXPECT_EQ(told.get_future().get(), std::pair(Status::kOk, 2));
}

TEST_F(GoogleHttps, ManyAtOnceWaitForTheirTurn) {
  const auto transport = Transport({.ca_file = stub_->CaFile(), .transfers_max = 2});
  std::vector<std::future<HttpResult>> results;
  for (int i = 0; i < 50; ++i) {
    auto promise = std::make_unique<std::promise<HttpResult>>();
    results.push_back(promise->get_future());
    transport->Send({stub_->Endpoint() + "/control/requests", {}, {}}, {.timeout = kPatience},
                    [promise = std::move(promise)](HttpResult result) {
                      promise->set_value(std::move(result));
                    });
  }
  for (auto& result : results) EXPECT_TRUE(result.get());
}

TEST_F(GoogleHttps, CancelEndsWhatIsUnderWayAndWhatComes) {
  using enum HttpFailure::Kind;
  std::promise<HttpFailure::Kind> under_way;
  const auto transport = Transport({.ca_file = stub_->CaFile()});
  transport->Send({stub_->Endpoint(), {}, {}}, {.delay = kPatience, .timeout = 2 * kPatience},
                  [&](const HttpResult& result) { under_way.set_value(result.error().kind); });
  transport->Cancel();
  EXPECT_EQ(under_way.get_future().get(), kCancelled);
  std::vector<HttpFailure::Kind> failures;
  transport->Send({stub_->Endpoint(), {}, {}}, {.timeout = kPatience},
                  [&](const HttpResult& result) { failures.push_back(result.error().kind); });
  EXPECT_THAT(failures, testing::ElementsAre(kCancelled));
}

TEST_F(GoogleHttps, GoesOnWhenItsCallerThrows) {
  const std::string url = stub_->Endpoint() + "/control/requests";
  std::promise<void> called;
  control_->Send({url, {}, {}}, {.timeout = kPatience}, [&](const HttpResult&) {
    called.set_value();
    throw std::bad_alloc();
  });
  called.get_future().get();
  EXPECT_TRUE(Fetch(*control_, {url, {}, {}}));
}

TEST(CurlTransfer, TellsWhoWaitsEvenIfNobodyFinishesIt) {
  int told = 0;
  const auto done = [&](const HttpResult& result) {
    ++told;
    EXPECT_FALSE(result);
  };
  {
    const CurlTransfer lost({}, {}, done, {});
  }
  EXPECT_EQ(told, 1);
  {
    CurlTransfer finished({}, {}, done, {});
    finished.Finish(std::unexpected(HttpFailure{}));
  }
  EXPECT_EQ(told, 2);
}

TEST_F(GoogleHttps, OneMoreThanItsBoundIsRefusedAtOnce) {
  using enum HttpFailure::Kind;
  std::vector<HttpFailure::Kind> failures;
  auto transport = Transport({.ca_file = stub_->CaFile(), .requests_max = 3});
  for (int i = 0; i < 4; ++i) {
    transport->Send({stub_->Endpoint(), {}, {}}, {.delay = kPatience, .timeout = 2 * kPatience},
                    [&](const HttpResult& result) { failures.push_back(result.error().kind); });
  }
  EXPECT_THAT(failures, testing::ElementsAre(kTooMany));
  transport.reset();
  EXPECT_THAT(failures, testing::ElementsAre(kTooMany, kCancelled, kCancelled, kCancelled));
}

TEST_F(GoogleHttps, WhatWaitsTooLongForItsTurnTimesOut) {
  Mode("hang");
  const auto transport = Transport({.ca_file = stub_->CaFile(), .transfers_max = 1});
  const std::string url = stub_->Endpoint() + "/maps/api/place/nearbysearch/json";
  std::promise<void> first;
  transport->Send({url, {}, {}}, {.timeout = milliseconds(600)},
                  [&](const HttpResult&) { first.set_value(); });
  const HttpResult second = Fetch(*transport, {url, {}, {}}, milliseconds(200));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, HttpFailure::Kind::kTimedOut);
  first.get_future().get();
}

}  // namespace
}  // namespace herd::places
