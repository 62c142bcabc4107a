#include "load/dialect.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "load/reply_reader.h"
#include "wire/command.h"

namespace herd::load {
namespace {

TEST(Dialect, WritesReports) {
  std::string out;
  AppendReport(out, Dialect::kHerd, ClientNumber{42}, {340'689'300, -1'184'451'270},
               1'520'023'934'918'963'997);
  AppendReport(out, Dialect::kHerd, ClientNumber{9'999'999}, {-5, 9}, 1);
  EXPECT_EQ(out,
            "IAMAT client-0000042 +34.068930-118.445127 1520023934.918963997\n"
            "IAMAT client-9999999 -00.000000+000.000000 0000000000.000000001\n");
}

RC_GTEST_PROP(Dialect, HerdUnderstandsEveryReport, ()) {
  const auto client = *rc::gen::inRange<std::uint32_t>(0, kClientsMax);
  const auto lat = *rc::gen::inRange(-geo::kLatMaxE7, geo::kLatMaxE7 + 1);
  const auto lng = *rc::gen::inRange(-geo::kLngMaxE7, geo::kLngMaxE7 + 1);
  const auto time = *rc::gen::inRange<std::int64_t>(1, 9'000'000'000'000'000'000);
  std::string out;
  AppendReport(out, Dialect::kHerd, ClientNumber{client}, {lat, lng}, time);
  RC_ASSERT(out.ends_with('\n'));
  out.pop_back();
  const wire::Command command = wire::ParseCommand(out);
  const auto* iamat = std::get_if<wire::Iamat>(&command);
  RC_ASSERT(iamat != nullptr);
  RC_ASSERT(iamat->time.value == time);
  RC_ASSERT(std::stoul(std::string(iamat->client.substr(7))) == client);
  const std::string location(iamat->location_text);
  RC_ASSERT(std::abs(std::stod(location.substr(0, 10)) - lat / 1e7) < 1.1e-6);
  RC_ASSERT(std::abs(std::stod(location.substr(10)) - lng / 1e7) < 1.1e-6);
}

TEST(Dialect, WritesQuestions) {
  std::string out;
  AppendQuestion(out, Dialect::kHerd, ClientNumber{42}, 10, 5);
  EXPECT_EQ(out, "WHATSAT client-0000042 10 5\n");
}

TEST(Dialect, WritesRedisCommands) {
  std::string out;
  AppendReport(out, Dialect::kRedis, ClientNumber{42}, {340'689'300, -1'184'451'270}, 1);
  EXPECT_EQ(out,
            "*5\r\n$6\r\nGEOADD\r\n$5\r\nfleet\r\n$11\r\n-118.445127\r\n$10\r\n+34.068930\r\n"
            "$14\r\nclient-0000042\r\n");
  out.clear();
  AppendQuestion(out, Dialect::kRedis, ClientNumber{1}, 0, 5);
  EXPECT_EQ(out, "*3\r\n$6\r\nGEOPOS\r\n$5\r\nfleet\r\n$14\r\nclient-0000001\r\n");
  out.clear();
  AppendQuestion(out, Dialect::kRedis, ClientNumber{1}, 10, 5);
  EXPECT_TRUE(out.ends_with("$5\r\nCOUNT\r\n$1\r\n5\r\n")) << out;
}

// Hands `replies` to a reader in pieces of `piece` bytes; one letter for each: g for a good one.
std::string Read(Dialect dialect, std::string_view asks, std::string_view replies,
                 std::size_t piece) {
  ReplyReader reader(dialect);
  std::string seen;
  for (std::size_t at = 0; at < replies.size(); at += piece) {
    const bool going = reader.Read(
        replies.substr(at, piece),
        [&]() -> std::optional<Ask> {
          if (seen.size() == asks.size()) return std::nullopt;
          return asks[seen.size()] == 'r' ? Ask::kReport : Ask::kQuestion;
        },
        [&](bool good) { seen += good ? 'g' : 'b'; });
    if (!going) return seen + "!";
  }
  return seen;
}

TEST(ReplyReader, FindsHerdsRepliesHoweverTheyArrive) {
  constexpr std::string_view kReplies =
      "AT Alone +0.1 a +1+1 1\n? WHATSAT b 1 1\n"
      "AT Alone +0.1 a +1+1 1\n{\n\"results\":[]}\n\n? IAMAT\nAT Alone +0.1 a +1+1 1\n{}\n\n";
  for (std::size_t piece = 1; piece <= kReplies.size(); ++piece)
    EXPECT_EQ(Read(Dialect::kHerd, "rqqrq", kReplies, piece), "gbgbg") << piece;
}

TEST(ReplyReader, FindsRedisRepliesHoweverTheyArrive) {
  constexpr std::string_view kReplies =
      ":1\r\n-ERR no\r\n*1\r\n*2\r\n$4\r\n1\n.5\r\n$1\r\n2\r\n*0\r\n*1\r\n*-1\r\n$-1\r\n+OK\r\n"
      "$0\r\n\r\n";
  for (std::size_t piece = 1; piece <= kReplies.size(); ++piece)
    EXPECT_EQ(Read(Dialect::kRedis, "rrqqqqqq", kReplies, piece), "gbgggggg") << piece;
}

TEST(Dialect, AsksWhoIsNearAPoint) {
  std::string out;
  AppendNear(out, Dialect::kHerdNear, {340'689'300, -1'184'451'270}, 10, 5);
  EXPECT_EQ(out,
            "GET /v1/near?lat=34.068930&lng=-118.445127&radius=10&max=5 HTTP/1.1\r\n"
            "Host: localhost\r\n\r\n");
  out.clear();
  AppendNear(out, Dialect::kRedisNear, {340'689'300, -1'184'451'270}, 10, 5);
  EXPECT_EQ(out,
            "*11\r\n$9\r\nGEOSEARCH\r\n$5\r\nfleet\r\n$10\r\nFROMLONLAT\r\n$11\r\n-118.445127\r\n"
            "$9\r\n34.068930\r\n$8\r\nBYRADIUS\r\n$2\r\n10\r\n$2\r\nkm\r\n$3\r\nASC\r\n"
            "$5\r\nCOUNT\r\n$1\r\n5\r\n");
}

TEST(ReplyReader, FindsHttpAnswersHoweverTheyArrive) {
  constexpr std::string_view kReplies =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":\n1}\n"
      "HTTP/1.1 204 No Content\r\nCache-Control: no-store, and more than the reader keeps\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\n";
  for (std::size_t piece = 1; piece <= kReplies.size(); ++piece)
    EXPECT_EQ(Read(Dialect::kHerdNear, "qqq", kReplies, piece), "gbg") << piece;
  EXPECT_EQ(Read(Dialect::kHerdNear, "q", "AT Alone +0.1 a +1+1 1\n", 100), "!");
}

TEST(ReplyReader, RefusesWhatNobodyAskedFor) {
  EXPECT_EQ(Read(Dialect::kHerd, "r", "AT A +0 a b c\nAT A +0 a b c\n", 100), "g!");
  EXPECT_EQ(Read(Dialect::kRedis, "r", "HTTP/1.1 400\r\n", 100), "!");
}

}  // namespace
}  // namespace herd::load
