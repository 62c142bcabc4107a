#include "cli/status_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "cli/fake_server.h"
#include "server/status_json.h"
#include "server/test_status.h"

namespace herd::cli {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

ServerView View(const std::string& name, const std::string& digest = "0123456789abcdef") {
  ServerView view{.name = name,
                  .ready = true,
                  .uptime_s = 100,
                  .clients = 1'234'567,
                  .digest = digest,
                  .iamat = 5000};
  for (const char* neighbour : {"Goloman", "Holiday"}) {
    view.links.push_back({.neighbour = neighbour,
                          .state = "up",
                          .lag_rows = 12,
                          .round_trip_ms = 0.25,
                          .rows_in = 7,
                          .repairs = 0});
  }
  return view;
}

TEST(StatusLines, SayWhatNeighboursDoNotAgreeIn) {
  ServerView view = View("Hands");
  view.links[0].settings_differ = {"fleet.expire_after_s", "servers"};
  view.links[0].clock_ahead_s = -1.5;
  view.links[1].clock_ahead_s = 0.9;
  std::string text;
  for (const std::string& line : StatusLines({{"Hands", view}})) text += line + "\n";
  EXPECT_THAT(text, HasSubstr("up, differs in fleet.expire_after_s servers, clock -1.5 s\n"));
  EXPECT_THAT(text, Not(HasSubstr("+0.9")));
}

TEST(StatusLines, SayThatAClockIsInDoubt) {
  ServerView view = View("Hands");
  const auto state = [&] { return StatusLines({{"Hands", view}}).at(1); };
  for (const char* believed : {"", "believed"}) {
    view.clock = believed;
    EXPECT_THAT(state(), testing::EndsWith("ready"));
  }
  view.clock = "jumped";
  EXPECT_THAT(state(), testing::EndsWith("ready, clock in doubt"));
}

TEST(ParseServerView, ReadsWhatAServerSays) {
  const auto view = ParseServerView(server::StatusJson(server::FullStatus()));
  ASSERT_TRUE(view) << view.error();
  EXPECT_EQ(view->name, "Hands");
  EXPECT_TRUE(view->ready);
  EXPECT_EQ(view->uptime_s, 2.5);
  EXPECT_EQ(view->clients, 3U);
  EXPECT_EQ(view->digest, "0123456789abcdef");
  EXPECT_EQ(view->sessions, 4U);
  EXPECT_EQ(view->iamat, 50U);
  EXPECT_EQ(view->delay_max_s, 0.0015);
  ASSERT_TRUE(view->journal);
  EXPECT_EQ(view->journal->state, "ok");
  EXPECT_EQ(view->clock, "believed");
  EXPECT_EQ(view->journal->rows_loaded, 30U);
  EXPECT_EQ(view->journal->sync_max_s, 0.25);
  EXPECT_EQ(view->LinksUp(), 1U);
  EXPECT_EQ(view->LagRows(), 9U);
  ASSERT_EQ(view->links.size(), 2U);
  EXPECT_EQ(view->links[0].round_trip_ms, 0.25);
  EXPECT_EQ(view->links[0].clock_ahead_s, -1.5);
  EXPECT_EQ(view->links[0].settings_differ, (std::vector<std::string>{"fleet.expire_after_s"}));
  EXPECT_EQ(view->links[0].rows_out, 20U);
  EXPECT_EQ(view->links[0].repairs, 0U);
  EXPECT_EQ(view->links[1].why, "refused \\\\ \\x01");  // for a terminal
  EXPECT_EQ(view->links[1].lag_rows, std::nullopt);
}

TEST(ParseServerView, RefusesWhatIsNoStatus) {
  for (const char* text : {"", "{", "[]", "{}", "7", R"({"digest":7})"})
    EXPECT_FALSE(ParseServerView(text)) << text;
}

TEST(DigestVerdict, ComparesThoseThatAnswered) {
  const ServerAnswer silent{"Welsh", std::unexpected("time out")};
  EXPECT_EQ(DigestVerdict({silent}), "No server answered.");
  EXPECT_EQ(DigestVerdict({{"A", View("A")}, {"B", View("B")}, silent}),
            "All 2 digests are equal.");
  EXPECT_EQ(DigestVerdict({{"A", View("A")}, {"B", View("B", "ffffffffffffffff")}}),
            "Digests differ: A 012345; B ffffff.");
}

TEST(StatusLines, ShowServersAndLinks) {
  ServerView waiting = View("Welsh");
  waiting.ready = false;
  waiting.reason = "no link";
  waiting.links.resize(1);
  waiting.links[0].state = "down";
  waiting.links[0].why = "refused";
  const std::string text = Joined(StatusLines(
      {{"Hands", View("Hands")}, {"Welsh", waiting}, {"Wilkes", std::unexpected("too slow")}}));
  EXPECT_THAT(text, HasSubstr("0123456789abcdef       2/2   12         0         50  ready"));
  EXPECT_THAT(text, HasSubstr("not ready: no link"));
  EXPECT_THAT(text, HasSubstr("Wilkes  unreachable: too slow\n"));
  EXPECT_THAT(text, HasSubstr("Hands > Goloman"));
  EXPECT_THAT(text, HasSubstr("down: refused"));
}

TEST(StatusLines, ShowJournals) {
  ServerView full = View("Hands");
  full.journal = JournalView{.state = "failing",
                             .last_error = "No space left on device",
                             .failing_s = 75,
                             .failures = 2,
                             .rows_loaded = 1'234'567,
                             .sync_max_s = 0.25};
  ServerView good = View("Welsh");
  good.journal = JournalView{.state = "ok", .lag_rows = 7};
  const Sample sample{.time = {}, .answers = {{"Hands", full}, {"Welsh", good}}};
  const std::string text = Joined(StatusLines(sample.answers));
  EXPECT_THAT(text, HasSubstr("  ready, but the journal fails\n"));
  EXPECT_THAT(text, HasSubstr("250.00 ms         2  failing for 1m15s: No space left on device\n"));
  EXPECT_THAT(text, HasSubstr("0.00 ms         0  ok\n"));
  good.journal->damaged = true;
  good.journal->set_aside = "Welsh.damaged-1";
  good.journal->rows_held_back = 1'000;
  const Sample damaged{.time = {}, .answers = {{"Welsh", good}}};
  EXPECT_THAT(Joined(StatusLines(damaged.answers)),
              HasSubstr("0  ok, was damaged and is set aside as Welsh.damaged-1, holds 1,000 rows "
                        "back: the clock is in doubt\n"));
  const std::string top = Joined(TopLines(sample, sample, 80, 24));
  EXPECT_THAT(top, HasSubstr("Hands  disk! "));
  EXPECT_THAT(top, HasSubstr("Welsh  ready "));
}

TEST(TopLines, ShowRatesAndFitTheBuiltInHerdOnAPlainTerminal) {
  Sample before{.time = {}, .answers = {}};
  Sample now{.time = before.time + 2s, .answers = {}};
  for (const char* name : {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"}) {
    ServerView view = View(name);
    before.answers.push_back({name, view});
    view.iamat += 20'000;
    view.links[0].rows_in += 100;
    now.answers.push_back({name, view});
  }
  const auto lines = TopLines(before, now, 80, 24);
  EXPECT_LE(lines.size(), 24U);
  const auto uncut = TopLines(before, now, 1000, 1000);
  ASSERT_LE(uncut.size(), 24U);
  for (const std::string& line : uncut) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_THAT(lines.front(), HasSubstr("50,000 reports/s"));
  EXPECT_THAT(Joined(lines), HasSubstr(" 10,000 "));
  EXPECT_THAT(Joined(lines), HasSubstr("  50 "));
}

TEST(TopLines, NeverExceedTheTerminalNorCountBackwards) {
  Sample before{.time = {}, .answers = {{"Hands", View("Hands")}, {"Wilkes", View("Wilkes")}}};
  Sample now = before;
  now.time += 1s;
  now.answers[0].view->iamat = 30;  // started again
  now.answers[1].view = std::unexpected(std::string(500, 'x'));
  for (const std::size_t columns : {1U, 10U, 80U}) {
    for (const std::size_t rows : {1U, 5U}) {
      const auto lines = TopLines(before, now, columns, rows);
      EXPECT_LE(lines.size(), rows);
      for (const std::string& line : lines) EXPECT_LE(line.size(), columns);
    }
  }
  const std::string all = Joined(TopLines(before, now, 200, 100));
  EXPECT_THAT(all, HasSubstr("1 of 2 servers answer, 30 reports/s"));
  EXPECT_THAT(all, HasSubstr("unreachable: xxx"));
}

TEST(HttpClient, BringsPagesAndSaysWhyNot) {
  const std::string body = "{\"a\":1}";
  // FakeServer answers a line at a time; the empty one ends the request.
  const auto answering = [](const std::string& head) {
    return [head](std::string_view line) -> std::optional<std::string> {
      return line == "\r" ? head : std::string();
    };
  };
  const FakeServer good(answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + body));
  const FakeServer bad(answering("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
  const FakeServer silent(answering(""));
  const FakeServer strange(answering("? GET\n"));
  HttpClient http;
  const auto start = std::chrono::steady_clock::now();
  const auto results = http.Get({good.target().endpoint,
                                 bad.target().endpoint,
                                 silent.target().endpoint,
                                 strange.target().endpoint,
                                 {"127.0.0.1", 1}},
                                "/x", 300ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[0], body);
  EXPECT_EQ(results[1].error(), "answers with status 503");
  EXPECT_THAT(results[2].error(), HasSubstr("imed out"));
  EXPECT_FALSE(results[3]);
  EXPECT_THAT(results[4].error(), HasSubstr("connect"));
}

TEST(HttpClient, SendsMethodPathAndHeadersAsTheyAre) {
  // Answers with the lines that came.
  const FakeServer echo([lines = std::string()](std::string_view line) mutable {
    lines.append(line.substr(0, line.find('\r'))).append("\n");
    if (line != "\r") return std::optional<std::string>("");
    return std::optional(
        fmt::format("HTTP/1.1 409 No\r\nContent-Length: {}\r\n\r\n{}", lines.size(), lines));
  });
  const HttpCall call{.method = "DELETE", .path = "/a/../%2E?b", .headers = {"X-Herd: 1"}};
  const auto response = HttpClient().Ask({echo.target().endpoint}, call, 10s).front();
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->status, 409);
  EXPECT_THAT(response->body, HasSubstr("DELETE /a/../%2E?b HTTP/1.1\n"));
  EXPECT_THAT(response->body, HasSubstr("\nX-Herd: 1\n"));
}

}  // namespace
}  // namespace herd::cli
