#include "server/strangers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace herd::server {
namespace {

using Standing = Stranger::Standing;

constexpr std::uint64_t kNeighbour = 1;
constexpr std::uint64_t kOther = 2;
constexpr StrangerBounds kBounds{.others = 4, .per_address = 3};
const std::set<std::uint64_t> kNeighbours{kNeighbour};

flood::Instant At(int second) {
  return flood::Instant(std::chrono::seconds(second));
}

std::vector<Stranger> Of(std::uint64_t address, int count) {
  std::vector<Stranger> strangers;
  for (int i = 0; i < count; ++i) strangers.push_back({.address = address, .heard = At(i)});
  return strangers;
}

TEST(Strangers, HaveSoManyPlacesForAnAddress) {
  EXPECT_EQ(WhoMakesRoom(Of(kOther, 2), kOther, kNeighbours, kBounds), std::nullopt);
  EXPECT_EQ(WhoMakesRoom(Of(kOther, 3), kOther, kNeighbours, kBounds), 0U);
  EXPECT_EQ(WhoMakesRoom(Of(kOther, 3), 3, kNeighbours, kBounds), std::nullopt);
  EXPECT_EQ(WhoMakesRoom(Of(kNeighbour, 3), kNeighbour, kNeighbours, kBounds), 0U);
}

TEST(Strangers, HaveSoManyPlacesTogetherAndNeighboursHaveTheirOwn) {
  std::vector<Stranger> strangers;
  for (std::uint64_t address = 10; address < 14; ++address)
    strangers.push_back({.address = address, .heard = At(static_cast<int>(20 - address))});
  EXPECT_EQ(WhoMakesRoom(strangers, 14, kNeighbours, kBounds), 3U);  // the longest silent
  EXPECT_EQ(WhoMakesRoom(strangers, kNeighbour, kNeighbours, kBounds), std::nullopt);
  strangers[0].address = kNeighbour;
  EXPECT_EQ(WhoMakesRoom(strangers, 14, kNeighbours, kBounds), std::nullopt);
}

TEST(Strangers, MakeRoomByWhatTheyHaveDoneThenBySilence) {
  std::vector<Stranger> strangers = Of(kNeighbour, 3);
  strangers[0].standing = Standing::kGreeted;
  EXPECT_EQ(WhoMakesRoom(strangers, kNeighbour, kNeighbours, kBounds), 1U);
  strangers[2].standing = Standing::kOver;
  EXPECT_EQ(WhoMakesRoom(strangers, kNeighbour, kNeighbours, kBounds), 2U);
  strangers[1].standing = Standing::kProved;
  strangers[2].standing = Standing::kProved;
  EXPECT_EQ(WhoMakesRoom(strangers, kNeighbour, kNeighbours, kBounds), 0U);
}

}  // namespace
}  // namespace herd::server
