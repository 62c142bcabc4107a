#include "fleet/bounds.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "fleet/backlog.h"
#include "fleet/fleet.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::OwnedAt;

constexpr wire::UnixNanos Seconds(std::int64_t seconds) {
  return {seconds * 1'000'000'000};
}

OwnedAt From(const std::string& client, std::int64_t seconds, const std::string& location = "+1+1",
             const std::string& server = "Hands") {
  return {server, client, location, std::to_string(seconds), Seconds(seconds)};
}

// A location whose row keeps a line of about that many bytes more.
std::string LongLocation(std::size_t bytes) {
  return "+1+1CRS" + std::string(bytes, 'x');
}

void DropAll(Fleet& fleet) {
  for (std::size_t stripe = 0; stripe < Fleet::kStripes; ++stripe) fleet.DropExpired(stripe);
}

TEST(Bounds, OfRowsKeepNewClientsOutAndKnownOnesGoOn) {
  Fleet fleet({}, {.rows = 3});
  for (const char* client : {"a", "b", "c"})
    EXPECT_EQ(fleet.Apply(From(client, 1).at(), kFromClient), Applied::kStored);
  EXPECT_TRUE(fleet.full());
  const Digest digest = fleet.digest();
  EXPECT_EQ(fleet.Apply(From("d", 2).at(), kFromClient), Applied::kFull);
  EXPECT_EQ(fleet.Apply(From("d", 2).at(), LinkId{1}), Applied::kFull);
  EXPECT_EQ(fleet.digest(), digest);
  EXPECT_FALSE(fleet.Find("d", [](const Row&) {}));
  EXPECT_EQ(fleet.Apply(From("b", 2, "+2+2").at(), LinkId{1}), Applied::kStored);
  EXPECT_EQ(fleet.usage().rows, 3U);
}

TEST(Bounds, HaveAShareForWhatOtherServersTook) {
  for (const Bounds& bounds : {Bounds{.rows = 80}, Bounds{.bytes = 80 * Fleet::kRowBytes}}) {
    Fleet fleet({}, bounds);
    const auto take = [&](int client, LinkId from) {
      return fleet.Apply(From(std::to_string(client), 1).at(), from);
    };
    for (int i = 0; i < 80; ++i) ASSERT_EQ(take(i, kFromClient), Applied::kStored);
    EXPECT_TRUE(fleet.full());
    EXPECT_EQ(take(80, kFromClient), Applied::kFull);
    for (int i = 80; i < 90; ++i) {
      EXPECT_FALSE(fleet.full_for_neighbours());
      ASSERT_EQ(take(i, i % 2 == 0 ? LinkId{1} : kFromDisk), Applied::kStored);
    }
    EXPECT_TRUE(fleet.full_for_neighbours());
    EXPECT_EQ(take(90, LinkId{1}), Applied::kFull);
    EXPECT_EQ(take(90, kFromDisk), Applied::kFull);
  }
}

TEST(Bounds, SayHowManyMoreTheyLeave) {
  Fleet by_bytes({}, {.rows = 10, .bytes = 5 * Fleet::kRowBytes});
  Fleet by_rows({}, {.rows = 5, .bytes = 10 * Fleet::kRowBytes});
  for (std::size_t taken = 0; taken < 5; ++taken) {
    EXPECT_EQ(by_bytes.rows_left(), 5 - taken);
    EXPECT_EQ(by_rows.rows_left(), 5 - taken);
    by_bytes.Apply(From(std::to_string(taken), 1).at(), kFromClient);
    by_rows.Apply(From(std::to_string(taken), 1).at(), kFromClient);
  }
  EXPECT_TRUE(by_bytes.full());
  EXPECT_TRUE(by_rows.full());
}

TEST(Bounds, OfRowsCountTombstonesAndWhatExpiresMakesRoom) {
  Fleet fleet({}, {.rows = 2});
  wire::ForgetTexts texts;
  fleet.Apply(wire::MakeForget("a", "Hands", Seconds(5), Seconds(5), texts), kFromClient);
  fleet.Apply(From("b", 1).at(), kFromClient);
  EXPECT_EQ(fleet.size(), 1U);
  EXPECT_EQ(fleet.Apply(From("c", 9).at(), kFromClient), Applied::kFull);
  fleet.SetHorizon({.rows = Seconds(2), .tombstones = Seconds(2)});
  DropAll(fleet);
  EXPECT_EQ(fleet.Apply(From("c", 9).at(), kFromClient), Applied::kStored);
  fleet.SetHorizon({.rows = Seconds(100), .tombstones = Seconds(100)});
  DropAll(fleet);
  EXPECT_EQ(fleet.usage().rows, 0U);
  EXPECT_EQ(fleet.usage().bytes, 0U);
}

TEST(Bounds, OfBytesLeaveAShareToClientsThatAreKnown) {
  constexpr std::size_t kRows = 100;
  Fleet fleet({}, {.bytes = kRows * Fleet::kRowBytes});
  for (std::size_t i = 0; i < kRows; ++i)
    ASSERT_EQ(fleet.Apply(From(std::to_string(i), 1).at(), kFromClient), Applied::kStored);
  EXPECT_EQ(fleet.rows_left(), 0U);
  EXPECT_EQ(fleet.Apply(From("new", 1).at(), kFromClient), Applied::kFull);
  // They come to need more memory, one after the other.
  std::size_t grown = 0;
  while (fleet.Apply(From(std::to_string(grown), 2, LongLocation(60)).at(), LinkId{1}) ==
         Applied::kStored)
    ++grown;
  EXPECT_GT(grown, 5U);
  EXPECT_LT(grown, kRows / 2);
  EXPECT_LE(fleet.usage().bytes, fleet.bounds().bytes + fleet.bounds().bytes / 4);
  // As they are they all go on: those with a long row, and those with a short one.
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::string location = i < grown ? LongLocation(60) : "+3+3";
    EXPECT_EQ(fleet.Apply(From(std::to_string(i), 3, location).at(), kFromClient),
              Applied::kStored);
  }
}

// Lines of one client differ by some digits.
TEST(Bounds, OfBytesDoNotHinderAKnownClientWhoseLinesAreALittleLonger) {
  const std::string client(40, 'u');
  Fleet fleet({}, {.bytes = 1});
  Fleet measure;
  measure.Apply(From(client, 1, "+34.5-118.2").at(), kFromClient);
  Fleet exact({}, {.rows = 1, .bytes = measure.usage().bytes * 4 / 5});
  EXPECT_EQ(fleet.Apply(From(client, 1).at(), kFromClient), Applied::kFull);
  EXPECT_EQ(exact.Apply(From(client, 1, "+34.5-118.2").at(), kFromClient), Applied::kFull);
  Fleet fits({}, {.bytes = measure.usage().bytes});
  fits.Apply(From(client, 1, "+34.5-118.2").at(), kFromClient);
  EXPECT_EQ(fits.Apply(From(client, 2, "+34.508930-118.245127").at(), kFromClient),
            Applied::kStored);
  EXPECT_EQ(fits.usage().bytes, measure.usage().bytes);
}

// Whatever comes: the count is that of the rows that are there.
RC_GTEST_PROP(Usage, IsTheSumOfTheRows, ()) {
  Fleet fleet({}, {.rows = 12, .bytes = 2500});
  for (int step = 0; step < 60; ++step) {
    const std::string client(*rc::gen::element<std::size_t>(1, 18, 19, 60),
                             *rc::gen::inRange('a', 'f'));
    const std::string location =
        *rc::gen::element<std::string>("+1+1", LongLocation(5), LongLocation(80), "-");
    fleet.Apply(From(client, step, location).at(), kFromClient);
    if (*rc::gen::inRange(0, 20) == 0) {
      const wire::UnixNanos horizon = Seconds(step - 10);
      fleet.SetHorizon({.rows = horizon, .tombstones = horizon});
      DropAll(fleet);
    }
    Usage sum;
    Backlog all(fleet, {}, fleet.newest());
    all.Read([&](const Row& row) {
      ++sum.rows;
      sum.bytes += Fleet::kRowBytes + row.heap_bytes();
      return true;
    });
    RC_ASSERT(fleet.usage().rows == sum.rows);
    RC_ASSERT(fleet.usage().bytes == sum.bytes);
    RC_ASSERT(sum.rows <= 12U);
    RC_ASSERT(sum.bytes <= 2500U * 5 / 4);
  }
}

std::size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// The count is honest: the process takes no more than that, and not much less.
TEST(Usage, IsWhatTheProcessTakes) {
#ifdef HERD_SANITIZED
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  const std::size_t before = ResidentBytes();
  Fleet fleet;
  constexpr int kClients = 300'000;
  for (int i = 0; i < kClients; ++i) {
    const std::string name = std::to_string(i);
    const std::string location = "+" + std::to_string(i % 90) + "-" + std::to_string(i / 90 % 180);
    const bool is_long = i % 3 == 0;
    fleet.Apply(From(is_long ? std::string(36 - name.size(), 'u') + name : name, 1, location).at(),
                kFromClient);
  }
  const std::size_t taken = ResidentBytes() - before;
  constexpr std::size_t kOfAnyFleet = 2'097'152;
  EXPECT_LE(taken, fleet.usage().bytes + kOfAnyFleet);
  EXPECT_GE(taken, fleet.usage().bytes * 7 / 10);
}

// A fleet whose clock a test sets.
class Clocked : public ::testing::Test {
 protected:
  static constexpr std::int64_t kMargin = 300;

  wire::UnixNanos now_ = Seconds(1'000'000);
  Fleet fleet_{{},
               {.clock = [this] { return now_; }, .receipt_ahead = std::chrono::seconds(kMargin)}};

  Applied Take(std::int64_t receipt, const std::string& location = "+1+1",
               const std::string& server = "Hands") {
    return fleet_.Apply(
        OwnedAt(server, "kiwi", location, std::to_string(receipt), Seconds(receipt)).at(),
        LinkId{1});
  }
};

TEST_F(Clocked, BelievesReceiptsUpToTheMargin) {
  EXPECT_EQ(Take(1'000'000 + kMargin + 1), Applied::kAhead);
  EXPECT_EQ(Take(1'000'000 + 3600), Applied::kAhead);
  EXPECT_EQ(Take(9'223'372'036), Applied::kAhead);
  EXPECT_EQ(fleet_.size(), 0U);
  EXPECT_EQ(Take(1'000'000 + kMargin), Applied::kStored);
}

TEST_F(Clocked, LooksAtTheClockAnewBeforeItRefuses) {
  now_ = Seconds(2'000'000);
  EXPECT_EQ(Take(2'000'000), Applied::kStored);
}

TEST_F(Clocked, FollowsAClockThatIsSetBack) {
  now_ = Seconds(5'000'000);
  EXPECT_EQ(Take(5'000'000), Applied::kStored);
  now_ = Seconds(1'000'000);
  fleet_.FollowClock();
  EXPECT_EQ(Take(4'000'000), Applied::kAhead);
}

// The clock of this server, and that of the client, were two months ahead.
TEST_F(Clocked, LetsARowFromTheFutureLoseAgainstAnyReport) {
  now_ = Seconds(6'000'000);
  EXPECT_EQ(Take(6'000'000), Applied::kStored);
  now_ = Seconds(1'000'000);
  fleet_.FollowClock();
  EXPECT_EQ(Take(999'999, "+2+2"), Applied::kStored);
  EXPECT_EQ(Take(999'998), Applied::kOlder);
}

TEST(BoundsOfServers, KeepRowsOfOthersOut) {
  Fleet fleet({}, {.servers = {"Welsh", "Hands"}});
  EXPECT_EQ(fleet.Apply(From("a", 1).at(), LinkId{1}), Applied::kStored);
  EXPECT_EQ(fleet.Apply(From("b", 1, "+1+1", "Hand").at(), LinkId{1}), Applied::kUnknownServer);
  EXPECT_EQ(fleet.Apply(From("a", 2, "+1+1", "Nobody").at(), kFromDisk), Applied::kUnknownServer);
  EXPECT_EQ(fleet.Apply(From(std::string(200, 'x'), 2, "+1+1", "Nobody").at(), kFromDisk),
            Applied::kUnknownServer);
  EXPECT_EQ(fleet.Apply(From("a", 2, "+1+1", "Welsh").at(), LinkId{1}), Applied::kStored);
  EXPECT_EQ(fleet.usage().rows, 1U);
}

}  // namespace
}  // namespace herd::fleet
