// Whole herds of fleets and links in one thread: nothing is lost by cuts, and all ends alike.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/order.h"
#include "fleet/testing.h"
#include "flood/link.h"

namespace herd::flood {
namespace {

using fleet::testing::AnyReport;
using fleet::testing::OwnedAt;
using std::chrono::milliseconds;

constexpr LinkTiming kTiming{.heartbeat = milliseconds(100),
                             .silence_max = std::chrono::hours(1),
                             .compare_interval = milliseconds(1000)};
constexpr std::size_t kFloodBytes = 400;  // a few rows at a time

class Herd {
 public:
  using Pair = std::pair<std::size_t, std::size_t>;

  Herd(std::size_t servers, const std::vector<Pair>& links) {
    for (std::size_t i = 0; i < servers; ++i) {
      fleets_.push_back(std::make_unique<fleet::Fleet>(fleet::HashKey{7}));
    }
    for (const auto& [a, b] : links) wires_.push_back({End{a}, End{b}});
  }

  std::size_t wires() const { return wires_.size(); }
  fleet::Fleet& at(std::size_t server) { return *fleets_[server]; }

  // One step of the whole herd, chosen by a number: most move something, few cut or join a wire.
  void Step(std::size_t which) {
    now_ += milliseconds(1);
    Wire& wire = wires_[which % wires_.size()];
    const std::size_t what = which / wires_.size();
    if (what % 16 == 15) return Cut(wire);
    if (!wire[0].link) {
      if (what % 4 == 0) Join(wire);
      return;
    }
    Move(wire, what);
  }

  // One step that neither cuts nor joins.
  void Move(std::size_t which) {
    now_ += milliseconds(1);
    Move(wires_[which % wires_.size()], which / wires_.size());
  }

  // Loses all that a server knows, as one without a disk does that is killed.
  void Restart(std::size_t server) {
    for (Wire& wire : wires_) {
      if (wire[0].server != server && wire[1].server != server) continue;
      Cut(wire);
      for (End& end : wire) end.acknowledged.reset();
    }
    fleets_[server] = std::make_unique<fleet::Fleet>(fleet::HashKey{7});
  }

  // Joins all wires and lets everything be said that there is to say.
  void Heal() {
    for (Wire& wire : wires_) {
      if (!wire[0].link) Join(wire);
    }
    LetTalk();
  }

  // For at most so many rounds: whoever never comes to rest fails.
  void LetTalk() {
    for (int round = 0; round < 10'000; ++round) {
      bool busy = false;
      now_ += milliseconds(1);
      for (Wire& wire : wires_) {
        for (std::size_t side : {0U, 1U}) {
          Speak(wire[side], wire[1 - side]);
          while (!wire[side].inbox.empty()) Deliver(wire[side], wire[1 - side]);
          busy = busy || !wire[1 - side].inbox.empty() || !wire[side].link->caught_up() ||
                 wire[side].link->pending();
        }
      }
      if (!busy) return;
    }
    FAIL() << "the herd does not come to rest";
  }

  const LinkCounters& counters(std::size_t wire, std::size_t side) const {
    return wires_[wire][side].link->counters();
  }
  const Link& link(std::size_t wire, std::size_t side) const { return *wires_[wire][side].link; }
  void CutAll() {
    for (Wire& wire : wires_) Cut(wire);
  }
  void Pass(std::chrono::nanoseconds time) { now_ += time; }

  void ExpectAlike() {
    for (const auto& fleet : fleets_) EXPECT_EQ(fleet->digest(), fleets_[0]->digest());
  }

 private:
  struct End {
    explicit End(std::size_t of) : server(of) {}

    std::size_t server;
    std::unique_ptr<Link> link;
    std::deque<std::string> inbox;
    std::optional<fleet::Cursors> acknowledged;
  };
  using Wire = std::array<End, 2>;

  std::vector<std::unique_ptr<fleet::Fleet>> fleets_;
  std::vector<Wire> wires_;
  Instant now_{};

  static void Say(const std::string& out, End& to) {
    std::size_t start = 0;
    for (std::size_t end = out.find('\n'); end != std::string::npos; end = out.find('\n', start)) {
      to.inbox.push_back(out.substr(start, end - start));
      start = end + 1;
    }
  }

  void Join(Wire& wire) {
    for (std::size_t side : {0U, 1U}) {
      End& end = wire[side];
      const auto index = static_cast<std::size_t>(&wire - wires_.data());
      const auto id = static_cast<std::uint16_t>(2 * index + side);
      std::string out;
      end.link = std::make_unique<Link>(
          *fleets_[end.server],
          Link::Start{.id = fleet::LinkId{id},
                      .leads = side == 0,
                      .acknowledged = end.acknowledged,
                      .timing = kTiming,
                      .now = now_},
          [] {}, out);
      Say(out, wire[1 - side]);
    }
  }

  static void Cut(Wire& wire) {
    for (End& end : wire) {
      if (end.link) end.acknowledged = end.link->acknowledged();
      end.link.reset();
      end.inbox.clear();
    }
  }

  void Move(Wire& wire, std::size_t what) {
    End& end = wire[what % 2];
    if (what % 4 < 2) {
      Deliver(end, wire[1 - what % 2]);
    } else {
      Speak(end, wire[1 - what % 2]);
    }
  }

  void Deliver(End& end, End& other) {
    if (end.inbox.empty()) return;
    std::string out;
    const std::string line = std::move(end.inbox.front());
    end.inbox.pop_front();
    EXPECT_TRUE(end.link->Receive(line, now_, out));
    EXPECT_EQ(end.link->counters().messages_unknown, 0U) << line;
    Say(out, other);
  }

  void Speak(End& end, End& other) {
    std::string out;
    EXPECT_TRUE(end.link->Tick(now_, out));
    end.link->Flood(now_, out, kFloodBytes);
    Say(out, other);
  }
};

// Goloman, Hands, Holiday, Welsh, Wilkes.
const std::vector<Herd::Pair> kFive{{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}};

using Script = std::vector<std::pair<OwnedAt, std::size_t>>;

rc::Gen<Script> AnyScript() {
  return rc::gen::container<Script>(
      rc::gen::pair(AnyReport(), rc::gen::inRange<std::size_t>(0, 10'000)));
}

// What a herd must end with: the greatest report of each client.
std::set<std::string> Winners(const Script& script) {
  std::map<std::string, OwnedAt, std::less<>> winners;
  for (const auto& [report, number] : script) {
    const auto [entry, is_new] = winners.emplace(report.at().client, report);
    if (!is_new && std::is_lt(fleet::Compare(entry->second.at(), report.at())))
      entry->second = report;
  }
  std::set<std::string> lines;
  for (const auto& [client, report] : winners) lines.insert(report.line());
  return lines;
}

std::set<std::string> LinesOf(const fleet::Fleet& fleet, const Script& script) {
  std::set<std::string> lines;
  for (const auto& [report, number] : script) {
    fleet.Find(report.at().client, [&](const fleet::Row& row) { lines.emplace(row.at_line()); });
  }
  return lines;
}

RC_GTEST_PROP(CatchUp, GivesAllServersTheWinnersAfterAnyCuts, ()) {
  Herd herd(5, kFive);
  const Script script = *AnyScript();
  for (const auto& [report, number] : script) {
    herd.at(number % 5).Apply(report.at(), fleet::kFromClient);
    for (std::size_t i = 0; i < 5; ++i) herd.Step(number / (i + 1));
  }
  herd.Heal();
  const std::set<std::string> winners = Winners(script);
  for (std::size_t server = 0; server < 5; ++server) {
    RC_ASSERT(LinesOf(herd.at(server), script) == winners);
  }
  herd.ExpectAlike();
}

RC_GTEST_PROP(CatchUp, MakesServersAlikeThatHaveLostEverything, ()) {
  Herd herd(5, kFive);
  const Script script = *AnyScript();
  for (const auto& [report, number] : script) {
    herd.at(number % 5).Apply(report.at(), fleet::kFromClient);
    for (std::size_t i = 0; i < 5; ++i) herd.Step(number / (i + 1));
    if (number % 17 == 0) herd.Restart(number % 5);
  }
  herd.Heal();
  herd.ExpectAlike();
}

std::string ClientName(int number) {
  return "client" + std::to_string(number);
}

void Report(Herd& herd, std::size_t server, int first, int end, int time) {
  for (int client = first; client < end; ++client) {
    const OwnedAt report("Goloman", ClientName(client), "+1+1", std::to_string(time),
                         wire::UnixNanos{std::int64_t{time} * 1'000'000'000});
    herd.at(server).Apply(report.at(), fleet::kFromClient);
  }
}

TEST(CatchUp, SendsOnlyWhatChangedToWhoIsKnown) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 5000, 1);
  herd.Heal();
  EXPECT_EQ(herd.at(1).size(), 5000U);
  herd.Pass(kTiming.heartbeat);
  herd.LetTalk();
  ASSERT_TRUE(herd.link(0, 0).acknowledged());
  herd.CutAll();
  Report(herd, 0, 100, 130, 2);
  Report(herd, 1, 130, 140, 2);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).comparisons, 0U);
  EXPECT_EQ(herd.counters(0, 0).catch_up_rows_out, 30U);
  EXPECT_EQ(herd.counters(0, 1).catch_up_rows_out, 10U);
}

TEST(CatchUp, ComparesWithWhoIsNotAndSendsOnlyWhatDiffers) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 20'000, 1);
  Report(herd, 1, 0, 20'000, 1);
  Report(herd, 0, 300, 330, 2);
  Report(herd, 1, 330, 340, 2);
  Report(herd, 1, 20'000, 20'005, 1);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).comparisons, 1U);
  EXPECT_EQ(herd.counters(0, 0).rows_caught_up, 15U);
  EXPECT_EQ(herd.counters(0, 1).rows_caught_up, 30U);
  // For a client in both, the side that holds the older row may send it before it knows.
  EXPECT_LE(herd.counters(0, 0).catch_up_rows_out + herd.counters(0, 1).catch_up_rows_out, 85U);
}

TEST(CatchUp, FillsAnEmptyServer) {
  Herd herd(2, {{0, 1}});
  Report(herd, 1, 0, 30'000, 1);
  herd.Heal();
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 1).catch_up_rows_out, 30'000U);
}

TEST(CatchUp, RepairsWhatCannotHaveBeenMissed) {
  Herd herd(2, {{0, 1}});
  Report(herd, 0, 0, 100, 1);
  herd.Heal();
  EXPECT_EQ(herd.counters(0, 1).repairs, 0U);
  // As if it had come over the link: the flood does not send it back.
  const OwnedAt hidden("Goloman", "hidden", "+1+1", "5", wire::UnixNanos{5'000'000'000});
  herd.at(1).Apply(hidden.at(), fleet::LinkId{1});
  for (int i = 0; i < 4; ++i) {
    herd.Pass(kTiming.compare_interval);
    herd.LetTalk();
  }
  herd.ExpectAlike();
  EXPECT_EQ(herd.counters(0, 0).repairs, 1U);
  EXPECT_EQ(herd.counters(0, 1).repairs, 0U);
}

TEST(CatchUp, FindsNothingToRepairWhileAllIsWell) {
  Herd herd(5, kFive);
  herd.Heal();
  for (int time = 1; time < 200; ++time) {
    Report(herd, static_cast<std::size_t>(time) % 5, 0, 20, time);
    herd.Pass(milliseconds(50));
    for (std::size_t i = 0; i < 40; ++i) herd.Move(static_cast<std::size_t>(time) * 37 + i);
  }
  herd.LetTalk();
  herd.ExpectAlike();
  for (std::size_t wire = 0; wire < herd.wires(); ++wire) {
    EXPECT_EQ(herd.counters(wire, 0).repairs + herd.counters(wire, 1).repairs, 0U);
  }
}

}  // namespace
}  // namespace herd::flood
