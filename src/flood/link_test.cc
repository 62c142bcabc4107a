#include "flood/link.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "fleet/testing.h"

namespace herd::flood {
namespace {

using fleet::testing::AnyReport;
using fleet::testing::OwnedAt;
using std::chrono::milliseconds;

constexpr LinkTiming kTiming{
    .heartbeat = milliseconds(1000), .silence_max = milliseconds(3500), .compare_interval = {}};
constexpr std::size_t kPlenty = 1'000'000;

Instant At(int ms) {
  return Instant(milliseconds(ms));
}

OwnedAt Report(const std::string& client, int time) {
  return {"Goloman", client, "+1+1", std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

std::string Flooded(Link& link) {
  std::string out;
  link.Flood(At(0), out, kPlenty);
  return out;
}

// A link whose neighbour has everything.
Link::Start UpToDate(const fleet::Fleet& fleet, fleet::LinkId id) {
  return {.id = id,
          .neighbour = "Hands",
          .leads = false,
          .acknowledged = fleet.newest(),
          .timing = kTiming,
          .wall_clock = [] { return wire::UnixNanos{}; },
          .now = At(0)};
}

class OneLink : public ::testing::Test {
 protected:
  // What it says to that.
  std::string Receive(const std::string& line, int ms = 0) {
    std::string out;
    EXPECT_TRUE(link_.Receive(line, At(ms)));
    link_.Flood(At(ms), out, kPlenty);
    return out;
  }

  fleet::Fleet fleet_;
  int wakes_ = 0;
  std::string greeting_;
  Topology topology_{"Wilkes", {{"Wilkes", {"Hands"}}, {"Hands", {"Wilkes"}}}, {}};
  Link link_{fleet_, topology_, UpToDate(fleet_, fleet::LinkId{1}), [this] { ++wakes_; },
             greeting_};

  void SetUp() override {
    topology_.Up("Hands");
    Flooded(link_);
  }
};

TEST_F(OneLink, FloodsWhatChangesFromNowOn) {
  fleet_.Apply(Report("kiwi", 1).at(), fleet::kFromClient);
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(link_.pending(At(0)));
  EXPECT_EQ(Flooded(link_), Report("kiwi", 1).line() + "\n");
  EXPECT_FALSE(link_.pending(At(0)));
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
       {"", "AT nonsense", "IAMAT kiwi +1+1 1", "\xFF", "HERD 5 ucla Hands Wilkes 00 00"}) {
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
  while (link_.pending(At(0))) {
    std::string out;
    link_.Flood(At(0), out, 1000);
    EXPECT_LT(out.size(), 1100U);
    flooded += out.size();
  }
  EXPECT_EQ(flooded, bytes);
}

TEST_F(OneLink, AddsNothingToAFullBuffer) {
  fleet_.Apply(Report("kiwi", 1).at(), fleet::kFromClient);
  std::string out(2000, 'x');
  link_.Flood(At(0), out, 1000);
  EXPECT_EQ(out.size(), 2000U);
  EXPECT_TRUE(link_.pending(At(0)));
}

TEST_F(OneLink, PingsEveryHeartbeatAndMeasuresTheRoundTrip) {
  std::string out;
  EXPECT_EQ(link_.next_tick(), At(100));
  EXPECT_TRUE(link_.Tick(At(999), out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(link_.Tick(At(1000), out));
  EXPECT_EQ(out, "PING 2\n");  // the first one came behind the empty backlog
  EXPECT_EQ(link_.next_tick(), At(1100));
  Receive("PONG 2 5000000", 1007);
  EXPECT_EQ(link_.round_trip(), milliseconds(7));
  // Ours stands still.
  EXPECT_EQ(link_.agreement().clock_ahead(), std::chrono::microseconds(8'500));
}

TEST_F(OneLink, AnswersAPing) {
  EXPECT_EQ(Receive("PING 77"), "PONG 77 0\n");
}

TEST_F(OneLink, AnswersManyPingsByTheLast) {
  for (int number = 1; number <= 1000; ++number)
    EXPECT_TRUE(link_.Receive("PING " + std::to_string(number), At(0)));
  EXPECT_TRUE(link_.pending(At(0)));
  EXPECT_EQ(Flooded(link_), "PONG 1000 0\n");
}

// NEED of so many clients, numbered from 0.
std::string NeedOf(const fleet::Fleet& fleet, int first, int end) {
  Need need;
  for (int client = first; client < end; ++client)
    need.clients.push_back(fleet::HashClient(fleet.key(), std::to_string(client)));
  std::string line;
  Append(line, need);
  line.pop_back();
  return line;
}

TEST_F(OneLink, BringsWhatIsNeededOnceWithinTheRoomThereIs) {
  constexpr int kClients = 4000;
  for (int client = 0; client < kClients; ++client)
    fleet_.Apply(Report(std::to_string(client), 1).at(), fleet::kFromClient);
  const std::string rows = Flooded(link_);
  for (int time = 0; time < 50; ++time) {
    EXPECT_TRUE(link_.Receive(NeedOf(fleet_, 0, kClients), At(0)));
  }
  std::size_t bytes = 0;
  while (link_.pending(At(0))) {
    std::string out;
    link_.Flood(At(0), out, 10'000);
    EXPECT_LT(out.size(), 20'000U);
    bytes += out.size();
  }
  EXPECT_EQ(bytes, rows.size());
  EXPECT_EQ(link_.counters().messages_out_of_turn, 0U);
}

TEST_F(OneLink, BringsNothingThatItCannotHaveAnnounced) {
  fleet_.Apply(Report("0", 1).at(), fleet::kFromClient);
  std::string greeting;
  Link link(fleet_, topology_, UpToDate(fleet_, fleet::LinkId{1}), [] {}, greeting);
  Flooded(link);
  EXPECT_TRUE(link.Receive(NeedOf(fleet_, 0, 2), At(0)));
  EXPECT_EQ(Flooded(link), "");
  EXPECT_EQ(link.counters().messages_out_of_turn, 1U);
}

// HAVE of a row of each of so many clients that nobody knows, numbered from `first`.
std::string HaveOf(std::size_t first, std::size_t count) {
  std::string line = "HAVE ";
  for (std::size_t client = first; client < first + count; ++client)
    AppendAnnounced(line, {.client = fleet::ClientHash{client}, .effective_time = {1}, .row = 1});
  return line;
}

TEST_F(OneLink, RemembersAMillionAnnouncedRowsThatNeverComeAndNoMore) {
  constexpr std::size_t kInAMessage = 1000;
  constexpr std::size_t kAnnounced = Link::kMissingMax + 10 * kInAMessage;
  for (std::size_t client = 0; client < kAnnounced; client += kInAMessage)
    ASSERT_TRUE(link_.Receive(HaveOf(client, kInAMessage), At(0)));
  EXPECT_EQ(link_.counters().announced_in, kAnnounced);
  // All that it remembers it asks for, once; then there is room again.
  const auto ask = [&](int ms) {
    while (link_.pending(At(ms))) {
      std::string out;
      link_.Flood(At(ms), out, kPlenty);
    }
  };
  ask(500);
  EXPECT_EQ(link_.counters().needed, Link::kMissingMax);
  EXPECT_TRUE(link_.Receive(HaveOf(kAnnounced, kInAMessage), At(500)));
  ask(1000);
  EXPECT_EQ(link_.counters().needed, Link::kMissingMax + kInAMessage);
}

TEST_F(OneLink, IgnoresWhatIsOutOfTurn) {
  const std::string leaves(fleet::kLeaves * 16, '0');
  for (const std::string& line :
       {std::string("RANGES x"), "LEAVES 1 " + leaves, std::string("DIFFER 1 -"),
        std::string("LEAF 1 1 -"), std::string("WANT 1 1 -"), std::string("COMPARED")})
    EXPECT_EQ(Receive(line), "") << line;
  EXPECT_EQ(link_.counters().messages_out_of_turn, 6U);
  EXPECT_EQ(Receive("COMPARE"), "");
  EXPECT_EQ(Receive("COMPARE"), "");
  EXPECT_EQ(Receive("RESUME"), "");
  EXPECT_EQ(link_.counters().messages_out_of_turn, 8U);
  EXPECT_EQ(link_.counters().comparisons, 0U);
}

// It has lost what it had, though it answers what was sent before: the next link must not go on
// from there.
TEST_F(OneLink, CountsNothingAsAcknowledgedByANeighbourThatWantsToCompare) {
  ASSERT_TRUE(link_.acknowledged());
  Receive("COMPARE");
  Receive("PONG 1 0", 2000);
  EXPECT_FALSE(link_.acknowledged());
}

TEST_F(OneLink, HasNoMessageForARowThatIsLongerThanOne) {
  const std::size_t size = Report("kiwi", 1).line().size();
  fleet_.Apply(Report("kiwi", 1).at(), fleet::kFromClient);
  std::string out = "before";
  fleet_.Find("kiwi", [&](const fleet::Row& row) {
    EXPECT_FALSE(AppendAtLine(out, row, size - 1));
    EXPECT_FALSE(AppendRow(out, row, size + 3));
    EXPECT_EQ(out, "before");
    EXPECT_TRUE(AppendRow(out, row, size + 4));
    EXPECT_EQ(out, "beforeROW " + Report("kiwi", 1).line() + "\n");
  });
}

TEST_F(OneLink, LeavesHalfTheRoomToLiveRows) {
  constexpr int kAskedFor = 2'000;
  Need need;
  for (int i = 0; i < kAskedFor; ++i) {
    const std::string client = "c" + std::to_string(i);
    fleet_.Apply(Report(client, 1).at(), fleet::kFromClient);
    need.clients.push_back(fleet::HashClient(fleet_.key(), client));
  }
  Flooded(link_);
  std::string line;
  Append(line, need);
  line.pop_back();
  ASSERT_TRUE(link_.Receive(line, At(0)));
  fleet_.Apply(Report("live", 2).at(), fleet::kFromClient);
  std::string out;
  link_.Flood(At(0), out, 10'000);
  EXPECT_TRUE(out.contains(Report("live", 2).line() + "\n"));
  EXPECT_TRUE(out.starts_with("AT Goloman +0.000000000 c0 "));
}

TEST(LinkCounters, AddUpAll) {
  using Numbers = std::array<std::uint64_t, sizeof(LinkCounters) / sizeof(std::uint64_t)>;
  Numbers numbers;
  std::iota(numbers.begin(), numbers.end(), 1U);
  auto counters = std::bit_cast<LinkCounters>(numbers);
  counters += std::bit_cast<LinkCounters>(numbers);
  const auto sums = std::bit_cast<Numbers>(counters);
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(sums[i], 2 * numbers[i]) << i;
}

// A neighbour whose clock was wrong may not have believed it the first time.
TEST_F(OneLink, TellsTheTopologyAgainAfterSixtyHeartbeats) {
  constexpr int kHeartbeatMs = 1000;
  static_assert(kTiming.heartbeat == milliseconds(kHeartbeatMs));
  int told = 0;
  for (int beat = 1; beat <= 121; ++beat) {
    std::string out = Receive("PONG 1 1", beat * kHeartbeatMs);
    ASSERT_TRUE(link_.Tick(At(beat * kHeartbeatMs), out));
    link_.Flood(At(beat * kHeartbeatMs), out, kPlenty);
    if (out.contains("LINKS Wilkes ")) ++told;
  }
  EXPECT_EQ(told, 2);
}

TEST_F(OneLink, EndsWhenTheNeighbourIsSilent) {
  std::string out;
  Receive("PONG 9 1", 2000);
  EXPECT_TRUE(link_.Tick(At(5499), out));
  EXPECT_EQ(link_.Tick(At(5500), out), std::unexpected(Link::End::kSilent));
}

TEST_F(OneLink, EndsWhenTheNeighbourSaysBye) {
  EXPECT_EQ(link_.Receive("BYE", At(0)), std::unexpected(Link::End::kBye));
}

}  // namespace
}  // namespace herd::flood
