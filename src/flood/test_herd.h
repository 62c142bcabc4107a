#pragma once

// Whole herds for the tests of this room.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fleet/fleet.h"
#include "flood/link.h"
#include "flood/topology.h"

namespace herd::flood::testing {

inline constexpr LinkTiming kTiming{.heartbeat = std::chrono::milliseconds(100),
                                    .silence_max = std::chrono::hours(1),
                                    .compare_interval = std::chrono::milliseconds(1000)};
inline constexpr std::size_t kFloodBytes = 400;  // a few rows at a time

// Fleets and links in one thread, joined by wires that deliver in any order between wires.
class Herd {
 public:
  using Pair = std::pair<std::size_t, std::size_t>;

  static constexpr fleet::HashKey kKey{{7}};

  struct Settings {
    std::size_t flood_bytes = kFloodBytes;
    std::size_t confirming = 1;  // neighbours that a confirmation takes
    // An end floods only when the other has taken all that it said before, as over a connection
    // whose buffers are small.
    bool narrow = false;
    // Of each server, where they are not all alike:
    std::vector<std::vector<Setting>> compared = {};
    std::vector<std::chrono::nanoseconds> clocks = {};  // ahead of the right time
    std::map<std::size_t, fleet::Bounds> bounds = {};   // by server; others have none
  };

  Herd(std::size_t servers, const std::vector<Pair>& links) : Herd(servers, links, Settings()) {}
  Herd(std::size_t servers, const std::vector<Pair>& links, const Settings& settings)
      : settings_(settings) {
    fleets_.resize(servers);
    topologies_.resize(servers);
    confirmations_.resize(servers);
    for (const auto& [a, b] : links) {
      wires_.push_back({End{a}, End{b}});
      plan_[NameOf(a)].insert(NameOf(b));
      plan_[NameOf(b)].insert(NameOf(a));
    }
    for (std::size_t i = 0; i < servers; ++i) Make(i);
  }

  std::size_t wires() const { return wires_.size(); }
  fleet::Fleet& at(std::size_t server) { return *fleets_[server]; }
  static std::string NameOf(std::size_t server) { return "S" + std::to_string(server); }
  void Await(std::size_t server, fleet::ClientHash client, Confirmations::Done done) {
    confirmations_[server]->Await({client}, now_, std::move(done));
  }

  // One step of the whole herd, chosen by a number: most move something, few cut or join a wire.
  void Step(std::size_t which) {
    now_ += std::chrono::milliseconds(1);
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
    now_ += std::chrono::milliseconds(1);
    Move(wires_[which % wires_.size()], which / wires_.size());
  }

  // Loses all that a server knows, as one without a disk does that is killed.
  void Restart(std::size_t server) {
    for (Wire& wire : wires_) {
      if (wire[0].server != server && wire[1].server != server) continue;
      Cut(wire);
      for (End& end : wire) end.acknowledged.reset();
    }
    Make(server);
  }

  // Joins all wires and lets everything be said that there is to say.
  void Heal() {
    for (Wire& wire : wires_) {
      if (!wire[0].link) Join(wire);
    }
    LetTalk();
  }

  // Lets everything be said that there is to say; fails when it never ends.
  void LetTalk() {
    for (int round = 0; round < 10'000; ++round) {
      if (!Talk()) return;
    }
    FAIL() << "the herd does not come to rest";
  }

  // Everybody hears and says something, in a millisecond. False when all was said.
  bool Talk() {
    bool busy = false;
    now_ += std::chrono::milliseconds(1);
    for (Wire& wire : wires_) {
      for (std::size_t side : {0U, 1U}) {
        Speak(wire[side], wire[1 - side]);
        while (!wire[side].inbox.empty() && !wire[side].link->full()) Deliver(wire[side]);
        busy = busy || !wire[1 - side].inbox.empty() || !wire[side].link->caught_up() ||
               wire[side].link->pending(now_);
      }
    }
    return busy;
  }

  // Nothing that is said on that wire is heard from now on, and nobody knows.
  void Silence(std::size_t wire) { silent_.insert(&wires_[wire]); }

  // By all servers together, be they news or not.
  std::uint64_t RowsReceived() const {
    std::uint64_t rows = 0;
    for (const Wire& wire : wires_) {
      for (const End& end : wire) {
        rows += end.link->counters().rows_in + end.link->counters().catch_up_rows_in;
      }
    }
    return rows;
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
  std::vector<std::unique_ptr<Topology>> topologies_;
  std::vector<std::unique_ptr<Confirmations>> confirmations_;
  const Settings settings_;
  std::vector<Wire> wires_;
  Topology::Plan plan_;
  std::set<const Wire*> silent_;
  Instant now_{};

  wire::UnixNanos WallClock(std::size_t server) const {
    const auto ahead =
        settings_.clocks.empty() ? std::chrono::nanoseconds(0) : settings_.clocks[server];
    return {(now_.time_since_epoch() + ahead).count()};
  }

  void Make(std::size_t server) {
    const auto bounds = settings_.bounds.find(server);
    fleets_[server] = std::make_unique<fleet::Fleet>(
        kKey, bounds == settings_.bounds.end() ? fleet::Bounds() : bounds->second);
    topologies_[server] = std::make_unique<Topology>(NameOf(server), plan_, WallClock(server));
    confirmations_[server] =
        std::make_unique<Confirmations>(settings_.confirming, std::chrono::seconds(1), [] {});
  }

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
      const std::string neighbour = NameOf(wire[1 - side].server);
      topologies_[end.server]->Up(neighbour);
      std::string out;
      end.link = std::make_unique<Link>(
          *fleets_[end.server], *topologies_[end.server],
          Link::Start{.id = fleet::LinkId{id},
                      .neighbour = neighbour,
                      .leads = side == 0,
                      .acknowledged = end.acknowledged,
                      .confirmations = confirmations_[end.server].get(),
                      .timing = kTiming,
                      .wall_clock = [this, server = end.server] { return WallClock(server); },
                      .agreement = {.settings = settings_.compared.empty()
                                                    ? std::vector<Setting>()
                                                    : settings_.compared[end.server]},
                      .now = now_},
          [] {}, out);
      Say(out, wire[1 - side]);
    }
  }

  void Cut(Wire& wire) {
    for (std::size_t side : {0U, 1U}) {
      End& end = wire[side];
      if (end.link) {
        end.acknowledged = end.link->acknowledged();
        topologies_[end.server]->Down(NameOf(wire[1 - side].server));
      }
      end.link.reset();
      end.inbox.clear();
    }
  }

  void Move(Wire& wire, std::size_t what) {
    End& end = wire[what % 2];
    if (what % 4 < 2) {
      Deliver(end);
    } else {
      Speak(end, wire[1 - what % 2]);
    }
  }

  void Deliver(End& end) {
    if (end.inbox.empty() || end.link->full()) return;
    for (const Wire* wire : silent_) {
      if (&end == &(*wire)[0] || &end == &(*wire)[1]) return end.inbox.clear();
    }
    const std::string line = std::move(end.inbox.front());
    end.inbox.pop_front();
    EXPECT_TRUE(end.link->Receive(line, now_));
    EXPECT_EQ(end.link->counters().messages_unknown, 0U) << line;
    EXPECT_EQ(end.link->counters().messages_out_of_turn, 0U) << line;
  }

  void Speak(End& end, End& other) {
    std::string out;
    EXPECT_TRUE(end.link->Tick(now_, out));
    if (!settings_.narrow || other.inbox.empty()) end.link->Flood(now_, out, settings_.flood_bytes);
    EXPECT_LE(out.size(), settings_.flood_bytes + Link::kOvershootMax);
    Say(out, other);
  }
};

// Goloman, Hands, Holiday, Welsh, Wilkes.
inline const std::vector<Herd::Pair> kFive{{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}};

}  // namespace herd::flood::testing
