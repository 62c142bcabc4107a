#include "server/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/admin_guard.h"
#include "server/test_status.h"

namespace herd::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<net::HttpHeader> kByOperator = {{"Host", "127.0.0.1:12200"}, {"X-Herd", "1"}};

// Asks, and keeps what was to be forgotten.
class Admin : public ::testing::Test {
 protected:
  net::HttpAnswer Ask(std::string_view method, std::string_view path, std::string_view query = "",
                      std::vector<net::HttpHeader> headers = kByOperator) {
    asked_.reset();
    asked_near_.reset();
    const AdminParts parts{
        .collect = [this] { return status_; },
        .forget =
            [this](const ForgetRequest& request, const auto& done) {
              asked_ = request;
              done(forgotten_);
            },
        .near =
            [this](const NearRequest& request, const std::stop_token&, const auto& done) {
              asked_near_ = request;
              done(near_);
            },
        .hosts = {"goloman.example"}};
    net::HttpAnswer answered;
    AnswerAdmin({.method = method,
                 .path = path,
                 .query = query,
                 .headers = std::move(headers),
                 .peer = {boost::asio::ip::make_address("127.0.0.1"), 77}},
                parts, [&](net::HttpAnswer answer) { answered = std::move(answer); });
    return answered;
  }

  unsigned StatusWith(std::vector<net::HttpHeader> headers) {
    const unsigned status = Ask("DELETE", "/v1/clients/kiwi", "", std::move(headers)).status;
    EXPECT_EQ(status == 200, asked_.has_value());
    return status;
  }

  Status status_ = FullStatus();
  Forgotten forgotten_{.tombstone = "AT Hands +0.000000000 kiwi - 5.000000000", .known = true};
  std::optional<ForgetRequest> asked_;
  std::expected<fleet::NearAnswer, std::string> near_{fleet::NearAnswer{
      .clients = {{.client = "kiwi", .at_line = "AT Hands +0.0 kiwi +1+2 3", .distance = {4.56}}}}};
  std::optional<NearRequest> asked_near_;
};

TEST_F(Admin, KnowsItsPagesAndMethods) {
  for (const std::string path : {"/healthz", "/readyz", "/metrics", "/v1/status", "/v1/near"}) {
    EXPECT_EQ(Ask("GET", path, path == "/v1/near" ? "lat=1&lng=2" : "").status, 200U) << path;
    for (const char* method : {"POST", "DELETE", "OPTIONS"}) {
      EXPECT_EQ(Ask(method, path).status, 405U) << path;
      EXPECT_EQ(Ask(method, path).allow, "GET, HEAD") << path;
    }
  }
  for (const char* path : {"/", "/v1/clients", "/v1/status/"})
    EXPECT_EQ(Ask("GET", path).status, 404U) << path;
  EXPECT_THAT(Ask("GET", "/metrics/").body, HasSubstr("{\"error\":\""));
}

TEST_F(Admin, TellsWhoIsNear) {
  const net::HttpAnswer answer = Ask("GET", "/v1/near", "lat=34.07&lng=-118.44&radius=2.5&max=3");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body,
            "{\"clients\":[{\"client\":\"kiwi\",\"distance_m\":4.6,"
            "\"at\":\"AT Hands +0.0 kiwi +1+2 3\"}],\"complete\":true}\n");
  EXPECT_EQ(asked_near_, (NearRequest{.center = {34.07, -118.44}, .radius = {2500}, .max = 3}));
}

TEST_F(Admin, SaysWhyNobodyIsTold) {
  EXPECT_EQ(Ask("GET", "/v1/near", "lat=91&lng=1").status, 400U);
  EXPECT_FALSE(asked_near_);
  // A web page whose own name leads here may read what it gets.
  EXPECT_EQ(Ask("GET", "/v1/near", "lat=1&lng=1", {{"Host", "evil.example"}}).status, 403U);
  EXPECT_FALSE(asked_near_);
  EXPECT_EQ(Ask("GET", "/v1/near", "lat=1&lng=1", {{"Host", "[::1]:1"}}).status, 200U);
  near_ = std::unexpected("the journal is being loaded");
  const net::HttpAnswer answer = Ask("GET", "/v1/near", "lat=1&lng=1");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, "{\"error\":\"the journal is being loaded\"}\n");
}

TEST_F(Admin, ShowsWhatIsForgottenSoThatItCanBeHadBack) {
  forgotten_.tombstone = "AT Hands +0.000000000 \xff - 5.000000000";
  EXPECT_EQ(Ask("DELETE", "/v1/clients/%FF").body,
            "{\"client\":\"\\\\xff\",\"known\":true,"
            "\"tombstone\":\"AT Hands +0.000000000 \\\\xff - 5.000000000\"}\n");
}

TEST_F(Admin, ForgetsWhatTheIdStandsFor) {
  const net::HttpAnswer answer = Ask("DELETE", "/v1/clients/a%2Fb%00", "time=-1.5");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body,
            "{\"client\":\"a/b\\\\x00\",\"known\":true,"
            "\"tombstone\":\"AT Hands +0.000000000 kiwi - 5.000000000\"}\n");
  ASSERT_TRUE(asked_);
  EXPECT_EQ(asked_->client, std::string("a/b\0", 4));
  EXPECT_EQ(asked_->time, wire::UnixNanos{-1'500'000'000});
  EXPECT_EQ(asked_->asked_by, "127.0.0.1:77");
  EXPECT_EQ(Ask("DELETE", "/v1/clients/kiwi").status, 200U);
  EXPECT_EQ(asked_->time, std::nullopt);
}

TEST_F(Admin, OnlyDeleteForgets) {
  for (const char* method : {"GET", "POST", "PUT", "OPTIONS", "PATCH", "delete"}) {
    const net::HttpAnswer answer = Ask(method, "/v1/clients/kiwi");
    EXPECT_EQ(answer.status, 405U) << method;
    EXPECT_EQ(answer.allow, "DELETE");
    EXPECT_FALSE(asked_);
  }
}

TEST_F(Admin, RefusesWhatIsNoIdOrNoTime) {
  for (const std::string& id : {std::string(), std::string("a%20b"), std::string("%0A"),
                                std::string("a/b"), std::string("%zz"), std::string(256, 'a')}) {
    EXPECT_EQ(Ask("DELETE", "/v1/clients/" + id).status, 400U) << id;
    EXPECT_FALSE(asked_);
  }
  for (const char* query : {"time=", "time=now", "time=+1", "tiem=1", "time=1&time=2", "time=1e9",
                            "time=99999999999"}) {
    EXPECT_EQ(Ask("DELETE", "/v1/clients/kiwi", query).status, 400U) << query;
    EXPECT_FALSE(asked_);
  }
}

TEST_F(Admin, SaysWhyNothingIsForgotten) {
  forgotten_ = {.outcome = Forgotten::Outcome::kNewer, .time = {1'500'000'001}};
  net::HttpAnswer answer = Ask("DELETE", "/v1/clients/kiwi");
  EXPECT_EQ(answer.status, 409U);
  EXPECT_THAT(answer.body, HasSubstr("give the time 1.500000001 or a later one\""));
  EXPECT_THAT(answer.body, HasSubstr("\"time\":\"1.500000001\""));
  forgotten_.outcome = Forgotten::Outcome::kTooLate;
  EXPECT_EQ(Ask("DELETE", "/v1/clients/kiwi").status, 400U);
  forgotten_ = {.outcome = Forgotten::Outcome::kNotOnDisk, .why = "the journal fails"};
  answer = Ask("DELETE", "/v1/clients/kiwi");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_THAT(answer.body, HasSubstr("not on the disk: the journal fails"));
}

TEST_F(Admin, TellsWhetherItIsOnTheDisk) {
  forgotten_.on_disk = true;
  EXPECT_THAT(Ask("DELETE", "/v1/clients/kiwi").body, HasSubstr("\"on_disk\":true"));
}

TEST_F(Admin, ForgetsNothingThatTheJournalOrTheNeighboursCouldMiss) {
  status_.journal->told.state = journal::Status::State::kLoading;
  EXPECT_EQ(Ask("DELETE", "/v1/clients/kiwi").status, 503U);
  EXPECT_FALSE(asked_);
  status_ = FullStatus();
  status_.ending = true;
  EXPECT_EQ(Ask("DELETE", "/v1/clients/kiwi").status, 503U);
  EXPECT_FALSE(asked_);
}

TEST_F(Admin, TakesAddressesAndItsOwnNamesAsHost) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:12200", "[::1]:12200", "192.0.2.7:1", "localhost",
        "LocalHost:12200", "goloman.example:12200", "Goloman.Example", "[::1]", "[fe80::1%25]:1",
        "127.0.0.1:0", "localhost:65535"}) {
    EXPECT_EQ(StatusWith({{"Host", host}, {"x-herd", "1"}}), 200U) << host;
  }
  for (const char* host : {"",
                           "evil.example",
                           "evil.example:12200",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "goloman.example.evil",
                           "1.2.3",
                           "[evil]:80",
                           "[::1",
                           "::1",
                           "[::1]80",
                           "[::1]:80@evil.com",
                           "[::1]:",
                           "[127.0.0.1]",
                           "1.2.3.4:80@evil.com",
                           "1.2.3.4@evil.com",
                           "1.2.3.4:",
                           "localhost:65536",
                           "localhost:+1",
                           "localhost:1 ",
                           "localhost:80:80",
                           "localhost/",
                           "localhost,evil.com",
                           "evil.com:80@localhost",
                           "*",
                           ":80",
                           "localhost."}) {
    EXPECT_EQ(StatusWith({{"Host", host}, {"x-herd", "1"}}), 403U) << host;
  }
  EXPECT_EQ(StatusWith({{"X-Herd", "1"}}), 403U);
}

// So that no page is forgotten, now or later.
TEST_F(Admin, AnswersNothingByAnotherName) {
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/v1/status", "/v1/near",
                           "/v1/clients/kiwi", "/", "/no/such/page"}) {
    for (const char* method : {"GET", "DELETE", "OPTIONS"})
      EXPECT_EQ(Ask(method, path, "", {{"Host", "evil.example"}, {"X-Herd", "1"}}).status, 403U)
          << method << ' ' << path;
  }
}

TEST_F(Admin, RefusesWebPages) {
  const net::HttpHeader host{"Host", "127.0.0.1:12200"};
  EXPECT_EQ(StatusWith({host}), 403U);
  EXPECT_EQ(StatusWith({host, {"X-Herd", "2"}}), 403U);
  for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:12200", ""})
    EXPECT_EQ(StatusWith({host, {"X-Herd", "1"}, {"origin", origin}}), 403U) << origin;
  for (const char* site : {"cross-site", "same-site", "same-origin", "none"})
    EXPECT_EQ(StatusWith({host, {"X-Herd", "1"}, {"sec-fetch-site", site}}), 403U) << site;
}

TEST(HostsOf, AreAllThatTheConfigurationHasForTheServer) {
  const ServerEntry entry{.name = "Goloman",
                          .clients = {{"*", 1}, {"a.example", 2}},
                          .peers = Endpoint{"b.example", 3},
                          .peers_listen = std::nullopt,
                          .admin = Endpoint{"c.example", 4},
                          .admin_names = {"d.example"}};
  EXPECT_THAT(HostsOf(entry), ElementsAre("a.example", "b.example", "c.example", "d.example"));
}

}  // namespace
}  // namespace herd::server
