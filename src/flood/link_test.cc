#include "flood/link.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fleet/testing.h"

namespace herd::flood {
namespace {

using fleet::testing::AnyReport;
using fleet::testing::OwnedAt;
using std::chrono::milliseconds;

constexpr LinkTiming kTiming{.heartbeat = milliseconds(1000), .silence_max = milliseconds(3500)};
constexpr std::size_t kPlenty = 1'000'000;

Instant At(int ms) {
  return Instant(milliseconds(ms));
}

OwnedAt Report(const std::string& client, int time) {
  return {"Goloman", client, "+1+1", std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

std::vector<std::string> Lines(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = bytes.find('\n'); end != std::string::npos;
       end = bytes.find('\n', start)) {
    lines.push_back(bytes.substr(start, end - start));
    start = end + 1;
  }
  EXPECT_EQ(start, bytes.size());
  return lines;
}

std::string Flooded(Link& link) {
  std::string out;
  link.Flood(out, kPlenty);
  return out;
}

class OneLink : public ::testing::Test {
 protected:
  std::string Receive(const std::string& line, int ms = 0) {
    std::string out;
    EXPECT_TRUE(link_.Receive(line, At(ms), out));
    return out;
  }

  fleet::Fleet fleet_;
  int wakes_ = 0;
  Link link_{fleet_, fleet::LinkId{1}, kTiming, At(0), [this] { ++wakes_; }};
};

TEST_F(OneLink, FloodsWhatChangesFromNowOn) {
  fleet_.Apply(Report("kiwi", 1).at(), fleet::kFromClient);
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(link_.pending());
  EXPECT_EQ(Flooded(link_), Report("kiwi", 1).line() + "\n");
  EXPECT_FALSE(link_.pending());
  EXPECT_EQ(Flooded(link_), "");
  EXPECT_EQ(link_.counters().rows_out, 1U);
}

TEST_F(OneLink, NeverSendsBackWhatCameOverIt) {
  Receive(Report("kiwi", 1).line());
  fleet_.Apply(Report("emu", 1).at(), fleet::LinkId{2});
  EXPECT_EQ(Flooded(link_), Report("emu", 1).line() + "\n");
}

TEST_F(OneLink, CountsWhatChangesNothing) {
  Receive(Report("kiwi", 2).line());
  Receive(Report("kiwi", 2).line());
  Receive(Report("kiwi", 1).line());
  EXPECT_EQ(link_.counters().rows_in, 3U);
  EXPECT_EQ(link_.counters().rows_in_known, 1U);
  EXPECT_EQ(link_.counters().rows_in_older, 1U);
}

TEST_F(OneLink, IgnoresWhatIsNoMessage) {
  for (const char* line :
       {"", "AT nonsense", "IAMAT kiwi +1+1 1", "\xFF", "HERD 1 ucla Hands Wilkes 00"}) {
    EXPECT_EQ(Receive(line), "");
  }
  EXPECT_EQ(link_.counters().messages_unknown, 5U);
  EXPECT_EQ(fleet_.size(), 0U);
}

TEST_F(OneLink, FloodsWithinABoundAndGoesOn) {
  std::size_t bytes = 0;
  for (int client = 0; client < 1000; ++client) {
    const OwnedAt report = Report(std::to_string(client), 1);
    fleet_.Apply(report.at(), fleet::kFromClient);
    bytes += report.line().size() + 1;
  }
  std::size_t flooded = 0;
  while (link_.pending()) {
    std::string out;
    link_.Flood(out, 1000);
    EXPECT_LT(out.size(), 1100U);
    flooded += out.size();
  }
  EXPECT_EQ(flooded, bytes);
}

TEST_F(OneLink, AddsNothingToAFullBuffer) {
  fleet_.Apply(Report("kiwi", 1).at(), fleet::kFromClient);
  std::string out(2000, 'x');
  link_.Flood(out, 1000);
  EXPECT_EQ(out.size(), 2000U);
  EXPECT_TRUE(link_.pending());
}

TEST_F(OneLink, PingsEveryHeartbeatAndMeasuresTheRoundTrip) {
  std::string out;
  EXPECT_EQ(link_.next_tick(), At(1000));
  EXPECT_TRUE(link_.Tick(At(999), out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(link_.Tick(At(1000), out));
  EXPECT_EQ(out, "PING 1\n");
  EXPECT_EQ(link_.next_tick(), At(2000));
  Receive("PONG 1", 1007);
  EXPECT_EQ(link_.round_trip(), milliseconds(7));
}

TEST_F(OneLink, AnswersAPing) {
  EXPECT_EQ(Receive("PING 77"), "PONG 77\n");
}

TEST_F(OneLink, EndsWhenTheNeighbourIsSilent) {
  std::string out;
  Receive("PONG 9", 2000);
  EXPECT_TRUE(link_.Tick(At(5499), out));
  EXPECT_EQ(link_.Tick(At(5500), out), std::unexpected(Link::End::kSilent));
}

TEST_F(OneLink, EndsWhenTheNeighbourSaysBye) {
  std::string out;
  EXPECT_EQ(link_.Receive("BYE", At(0), out), std::unexpected(Link::End::kBye));
}

// Servers in one thread, joined by links that deliver in any order between links.
struct Herd {
  struct End {
    std::size_t server;
    std::unique_ptr<Link> link;
    std::deque<std::string> inbox;
    End* other = nullptr;
  };

  std::vector<std::unique_ptr<fleet::Fleet>> fleets;
  std::vector<std::unique_ptr<End>> ends;

  Herd(std::size_t servers, const std::vector<std::pair<std::size_t, std::size_t>>& links) {
    for (std::size_t i = 0; i < servers; ++i) fleets.push_back(std::make_unique<fleet::Fleet>());
    for (const auto& [a, b] : links) {
      for (const std::size_t server : {a, b}) {
        auto end = std::make_unique<End>();
        end->server = server;
        end->link = std::make_unique<Link>(*fleets[server],
                                           fleet::LinkId{static_cast<std::uint16_t>(ends.size())},
                                           kTiming, At(0), [] {});
        ends.push_back(std::move(end));
      }
      ends.back()->other = ends[ends.size() - 2].get();
      ends[ends.size() - 2]->other = ends.back().get();
    }
  }

  // One step of one end, chosen by `which`: flood, or take one line that came. False when it had
  // nothing to do.
  bool Step(std::size_t which) {
    End& end = *ends[which % ends.size()];
    if (!end.inbox.empty() && which / ends.size() % 2 == 0) {
      std::string out;
      EXPECT_TRUE(end.link->Receive(end.inbox.front(), At(0), out));
      end.inbox.pop_front();
      return true;
    }
    if (end.link->pending()) {
      for (const std::string& line : Lines(Flooded(*end.link))) end.other->inbox.push_back(line);
      return true;
    }
    return !end.inbox.empty();
  }
};

RC_GTEST_PROP(Flood, GivesAllServersTheSameWinners, ()) {
  // Goloman, Hands, Holiday, Welsh, Wilkes.
  Herd herd(5, {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}});
  const auto reports = *rc::gen::container<std::vector<std::pair<OwnedAt, int>>>(
      rc::gen::pair(AnyReport(), rc::gen::inRange(0, 120)));
  for (const auto& [report, choice] : reports) {
    herd.fleets[static_cast<std::size_t>(choice) % 5]->Apply(report.at(), fleet::kFromClient);
    herd.Step(static_cast<std::size_t>(choice));
  }
  for (bool busy = true; busy;) {
    busy = false;
    for (std::size_t which = 0; which < 2 * herd.ends.size(); ++which)
      busy = herd.Step(which) || busy;
  }
  for (const auto& [report, choice] : reports) {
    std::array<std::string, 5> lines;
    for (std::size_t server = 0; server < 5; ++server) {
      herd.fleets[server]->Find(report.at().client,
                                [&](const fleet::Row& row) { lines[server] = row.at_line(); });
      RC_ASSERT(lines[server] == lines[0]);
      RC_ASSERT(!lines[server].empty());
    }
  }
}

}  // namespace
}  // namespace herd::flood
