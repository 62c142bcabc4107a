#include <gtest/gtest.h>

#include <string>

#include "fleet/backlog.h"
#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::OwnedAt;

constexpr wire::UnixNanos Seconds(std::int64_t seconds) {
  return {seconds * 1'000'000'000};
}

OwnedAt ReceivedAt(const std::string& client, std::int64_t seconds) {
  return {"Hands", client, "+1+1", std::to_string(seconds), Seconds(seconds)};
}

void DropAll(Fleet& fleet) {
  for (std::size_t stripe = 0; stripe < Fleet::kStripes; ++stripe) fleet.DropExpired(stripe);
}

bool Knows(const Fleet& fleet, std::string_view client) {
  return fleet.Find(client, [](const Row&) {});
}

Applied Forget(Fleet& fleet, const std::string& client, wire::UnixNanos now) {
  wire::ForgetTexts texts;
  return fleet.Apply(wire::MakeForget(client, "Hands", now, now, texts), kFromClient);
}

TEST(Expiry, IsByTheTimeOfReceipt) {
  Fleet fleet;
  const OwnedAt late("Hands", "late", "+1+1", "1", Seconds(100));
  fleet.Apply(late.at(), kFromClient);
  fleet.Apply(ReceivedAt("early", 99).at(), kFromClient);
  fleet.SetHorizon({.rows = Seconds(100)});
  EXPECT_TRUE(Knows(fleet, "late"));
  EXPECT_FALSE(Knows(fleet, "early"));
  DropAll(fleet);
  EXPECT_EQ(fleet.size(), 1U);
  EXPECT_TRUE(Knows(fleet, "late"));
}

TEST(Expiry, LetsNothingBackIn) {
  Fleet fleet;
  fleet.Apply(ReceivedAt("kiwi", 1).at(), kFromClient);
  fleet.SetHorizon({.rows = Seconds(50)});
  DropAll(fleet);
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 2).at(), LinkId{1}), Applied::kExpired);
  EXPECT_EQ(fleet.size(), 0U);
  EXPECT_EQ(fleet.digest(), Digest());
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 51).at(), LinkId{1}), Applied::kStored);
}

TEST(Expiry, GoesBackWithAClockThatWasAhead) {
  Fleet fleet;
  fleet.Apply(ReceivedAt("kiwi", 5).at(), kFromClient);
  fleet.SetHorizon({.rows = Seconds(1'000'000)});
  DropAll(fleet);
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 6).at(), kFromClient), Applied::kExpired);
  fleet.SetHorizon({.rows = Seconds(1)});
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 6).at(), kFromClient), Applied::kStored);
}

TEST(Expiry, TakesRowsFromTheFeed) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  for (int client = 0; client < 500; ++client) {
    fleet.Apply(ReceivedAt(std::to_string(client), client).at(), kFromClient);
    fleet.Apply(ReceivedAt(std::to_string(client), client + 1).at(), kFromClient);
  }
  fleet.SetHorizon({.rows = Seconds(401)});
  DropAll(fleet);
  std::size_t read = 0;
  follower.Read([&](const Row& row) {
    EXPECT_GE(row.receipt(), Seconds(401));
    ++read;
    return true;
  });
  EXPECT_EQ(read, 100U);
  EXPECT_EQ(fleet.size(), 100U);
}

TEST(Forget, MakesAClientUnknownUntilItsNextReport) {
  Fleet fleet;
  fleet.Apply(ReceivedAt("kiwi", 5).at(), kFromClient);
  EXPECT_EQ(Forget(fleet, "kiwi", Seconds(6)), Applied::kStored);
  EXPECT_FALSE(Knows(fleet, "kiwi"));
  EXPECT_EQ(fleet.size(), 0U);
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 5).at(), LinkId{1}), Applied::kOlder);
  EXPECT_EQ(fleet.Apply(ReceivedAt("kiwi", 7).at(), LinkId{1}), Applied::kStored);
  EXPECT_TRUE(Knows(fleet, "kiwi"));
  EXPECT_EQ(fleet.size(), 1U);
}

TEST(Forget, LosesAgainstANewerReport) {
  Fleet fleet;
  fleet.Apply(ReceivedAt("kiwi", 5).at(), kFromClient);
  EXPECT_EQ(Forget(fleet, "kiwi", Seconds(4)), Applied::kOlder);
  EXPECT_TRUE(Knows(fleet, "kiwi"));
}

TEST(Forget, OutlivesTheRowsThatItIsAgainst) {
  Fleet fleet;
  Forget(fleet, "kiwi", Seconds(6));
  fleet.SetHorizon({.rows = Seconds(50), .tombstones = Seconds(6)});
  DropAll(fleet);
  EXPECT_NE(fleet.digest(), Digest());
  fleet.SetHorizon({.rows = Seconds(50), .tombstones = Seconds(7)});
  DropAll(fleet);
  EXPECT_EQ(fleet.digest(), Digest());
}

TEST(Forget, ReachesWhoFollows) {
  Fleet fleet;
  Follower follower(fleet, [] {});
  fleet.Apply(ReceivedAt("kiwi", 5).at(), kFromClient);
  Forget(fleet, "kiwi", Seconds(6));
  follower.Read([&](const Row& row) {
    EXPECT_TRUE(row.forgotten());
    EXPECT_EQ(row.at_line(), "AT Hands +0.000000000 kiwi - 6.000000000");
    EXPECT_TRUE(wire::ParseAt(row.at_line()));
    return true;
  });
}

}  // namespace
}  // namespace herd::fleet
