#include "cli/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/exchange.h"
#include "cli/fake_server.h"

namespace herd::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A port that was free a moment ago.
server::Endpoint Nobody() {
  const FakeServer gone([](std::string_view) { return std::nullopt; });
  return gone.target().endpoint;
}

TEST(Connection, SaysWhyThereIsNone) {
  EXPECT_THAT(Connection::Connect(Nobody(), milliseconds(1000)).error(), HasSubstr("refused"));
  EXPECT_FALSE(Connection::Connect({"no-such-host.invalid", 1}, milliseconds(1000)));
}

struct Exchanged {
  std::vector<std::string> replies;
  std::vector<LaneOutcome> outcomes;
};

Exchanged Exchange(const std::vector<Target>& targets, const std::vector<std::string>& commands,
                   ExchangeSettings settings = {}) {
  settings.retry_delay = milliseconds(1);
  std::vector<Lane> lanes;
  for (const Target& target : targets) lanes.push_back({target, {}});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    lanes[i % lanes.size()].jobs.push_back(static_cast<JobId>(i));
  }
  Exchanged run;
  run.replies.resize(commands.size());
  const ExchangeHooks hooks{
      .command = [&](JobId job) { return commands[static_cast<std::size_t>(job)]; },
      .due = [](JobId) { return std::chrono::nanoseconds(0); },
      .replied =
          [&](std::size_t, JobId job, std::string_view reply) {
            run.replies[static_cast<std::size_t>(job)] = reply;
          },
      .tick = [] {}};
  run.outcomes = RunExchange(lanes, settings, hooks);
  return run;
}

std::vector<std::string> Numbered(int count) {
  std::vector<std::string> commands;
  for (int i = 0; i < count; ++i) commands.push_back("IAMAT " + std::to_string(i));
  return commands;
}

std::optional<std::string> Echo(std::string_view line) {
  return "? " + std::string(line) + "\n";
}

TEST(RunExchange, MatchesRepliesInOrderOnManyConnections) {
  const FakeServer a(Echo);
  const FakeServer b(Echo);
  const Exchanged run = Exchange({a.target(), b.target()}, Numbered(999), {.window = 7});
  for (int i = 0; i < 999; ++i) {
    EXPECT_EQ(run.replies[static_cast<std::size_t>(i)], "? IAMAT " + std::to_string(i) + "\n");
  }
  EXPECT_EQ(run.outcomes[0].sent, 500U);
  EXPECT_EQ(run.outcomes[1].answered, 499U);
}

TEST(RunExchange, TakesWholeWhatsatRepliesAndShortRefusals) {
  const FakeServer server([](std::string_view line) -> std::optional<std::string> {
    return line == "WHATSAT kiwi 1 1" ? "AT x\n{\n}\n\n" : "? " + std::string(line) + "\n";
  });
  const Exchanged run =
      Exchange({server.target()}, {"WHATSAT kiwi 1 1", "WHATSAT nobody 1 1", "WHATSAT kiwi 1 1"});
  EXPECT_THAT(run.replies,
              ElementsAre("AT x\n{\n}\n\n", "? WHATSAT nobody 1 1\n", "AT x\n{\n}\n\n"));
}

TEST(RunExchange, NeverHasMoreInFlightThanTheWindow) {
  // The server answers only in whole windows, so one command more would have to wait for ever.
  std::string held;
  int count = 0;
  const FakeServer server([&](std::string_view line) -> std::optional<std::string> {
    held += *Echo(line);
    return ++count % 5 == 0 ? std::exchange(held, {}) : "";
  });
  const Exchanged run = Exchange({server.target()}, Numbered(50), {.window = 5});
  EXPECT_EQ(run.outcomes[0].answered, 50U);
}

TEST(RunExchange, SendsAgainInOrderWhatALostConnectionLeftUnanswered) {
  std::vector<std::string> seen;
  bool lost = false;
  Exchanged run;
  {
    const FakeServer server([&](std::string_view line) -> std::optional<std::string> {
      if (line == "IAMAT 10" && !std::exchange(lost, true)) return std::nullopt;
      seen.emplace_back(line);
      return Echo(line);
    });
    run = Exchange({server.target()}, Numbered(30), {.window = 4});
  }
  EXPECT_EQ(seen, Numbered(30));
  EXPECT_EQ(run.outcomes[0].reconnects, 1U);
  EXPECT_EQ(run.outcomes[0].resent, 4U);
  EXPECT_EQ(run.outcomes[0].answered, 30U);
  EXPECT_EQ(run.outcomes[0].error, "");
}

TEST(RunExchange, GivesUpAServerThatStaysAwayOrSilentAndServesTheOthers) {
  const FakeServer closing([](std::string_view) { return std::nullopt; });
  const FakeServer silent([](std::string_view) { return ""; });
  const FakeServer good(Echo);
  const Exchanged run =
      Exchange({closing.target(), silent.target(), {"nobody", Nobody()}, good.target()},
               Numbered(40), {.timeout = milliseconds(50), .retries = 1});
  EXPECT_EQ(run.outcomes[0].error, "the server closed the connection");
  EXPECT_EQ(run.outcomes[1].error, "no answer for 50 ms");
  EXPECT_EQ(run.outcomes[2].error, "Connection refused");
  EXPECT_EQ(run.outcomes[3].answered, 10U);
}

TEST(RunExchange, GivesUpWhatIsNoServerOfAHerd) {
  const FakeServer chatty([](std::string_view) { return "one\ntwo\n"; });
  EXPECT_THAT(Exchange({chatty.target()}, Numbered(1)).outcomes[0].error,
              HasSubstr("is it a herd's server?"));
}

TEST(ReplyLength, WaitsForTheWholeReply) {
  EXPECT_EQ(ReplyLength("AT a", false), 0U);
  EXPECT_EQ(ReplyLength("AT a\nAT b\n", false), 5U);
  EXPECT_EQ(ReplyLength("AT a\n{}\n", true), 0U);
  EXPECT_EQ(ReplyLength("AT a\n{}\n\nAT", true), 9U);
  EXPECT_EQ(ReplyLength("? W\n", true), 4U);
}

}  // namespace
}  // namespace herd::cli
