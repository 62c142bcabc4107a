#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fleet/fleet.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::OwnedAt;
using Clients = std::vector<std::pair<std::string, double>>;  // ID, metres

OwnedAt At(const std::string& client, double lat, double lng, int time) {
  return {"Hands", client, fmt::format("{:+.6f}{:+.6f}", lat, lng), std::to_string(time),
          wire::UnixNanos{std::int64_t{time} * 1'000'000'000}};
}

Clients Told(const NearAnswer& near) {
  Clients clients;
  for (const NearClient& one : near.clients) clients.emplace_back(one.client, one.distance.value);
  return clients;
}

// By looking at all.
Clients Expected(const std::map<std::string, geo::LatLng>& places, const geo::LatLng& center,
                 geo::Metres radius) {
  Clients clients;
  for (const auto& [client, place] : places) {
    const geo::Metres distance = geo::Distance(center, geo::ToLatLng(geo::ToE7(place)));
    if (distance <= radius) clients.emplace_back(client, distance.value);
  }
  std::ranges::sort(clients, {}, [](const auto& one) { return std::pair(one.second, one.first); });
  return clients;
}

// Few degrees apart, most of them, round the places where longitudes are strange too.
rc::Gen<geo::LatLng> AnyPlace() {
  return rc::gen::apply(
      [](const std::pair<int, int>& about, int lat, int lng) {
        const auto wrap = [](double a_lng) {
          return a_lng > 180 ? a_lng - 360 : a_lng < -180 ? a_lng + 360 : a_lng;
        };
        return geo::LatLng{.lat_deg = std::clamp(about.first + lat / 1e4, -90.0, 90.0),
                           .lng_deg = wrap(about.second + lng / 1e4)};
      },
      rc::gen::element(std::pair(34, -118), std::pair(0, 180), std::pair(0, -180), std::pair(90, 0),
                       std::pair(-90, 77)),
      rc::gen::inRange(-3000, 3000), rc::gen::inRange(-3000, 3000));
}

RC_GTEST_PROP(Nearest, IsThatOfAllClientsAsTheyMoveAreForgottenAndExpire, ()) {
  Fleet fleet;
  std::map<std::string, geo::LatLng> places;
  int time = 0;
  // Enough that no radius makes it look at all of them.
  const int crowd = *rc::gen::element(0, 3000);
  for (int i = 0; i < crowd; ++i) {
    const std::string client = fmt::format("far{}", i);
    places[client] = {.lat_deg = -40, .lng_deg = i / 20.0};
    fleet.Apply(At(client, -40, i / 20.0, ++time).at(), kFromClient);
  }
  for (const auto& [number, place] : *rc::gen::container<std::vector<std::pair<int, geo::LatLng>>>(
           rc::gen::pair(rc::gen::inRange(0, 30), AnyPlace()))) {
    const std::string client = fmt::format("c{}", number);
    if (number % 10 == 9) {
      fleet.Apply(OwnedAt("Hands", client, "-", std::to_string(++time), {}).at(), kFromClient);
      places.erase(client);
    } else {
      fleet.Apply(At(client, place.lat_deg, place.lng_deg, ++time).at(), kFromClient);
      places[client] = place;
    }
  }
  const geo::LatLng center = *AnyPlace();
  const geo::Metres radius{*rc::gen::element(0.0, 500.0, 3000.0, 30'000.0)};
  const Clients expected = Expected(places, center, radius);
  RC_ASSERT(Told(fleet.Nearest(center, radius, 100'000)) == expected);
  const auto max = *rc::gen::inRange<std::size_t>(0, 5);
  const Clients few = Told(fleet.Nearest(center, radius, max));
  RC_ASSERT(few.size() == std::min(max, expected.size()));
  for (std::size_t i = 0; i < few.size(); ++i) RC_ASSERT(few[i] == expected[i]);
}

// Few places, so that very many are equally near.
RC_GTEST_PROP(Nearest, CutsTheEquallyNearByTheirIds, ()) {
  Fleet fleet;
  std::map<std::string, geo::LatLng> places;
  const auto spots = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3));
  int time = 0;
  for (const int spot : spots) {
    const std::string client = fmt::format("{:04}", (++time * 7919) % 10'000);
    places[client] = {.lat_deg = spot / 1000.0, .lng_deg = 0};
    fleet.Apply(At(client, spot / 1000.0, 0, time).at(), kFromClient);
  }
  const auto max = *rc::gen::inRange<std::size_t>(1, 8);
  Clients expected = Expected(places, {0, 0}, {1000});
  expected.resize(std::min(max, expected.size()));
  RC_ASSERT(Told(fleet.Nearest({0, 0}, {1000}, max)) == expected);
}

TEST(Nearest, TellsTheFirstOfManyOnOneSpot) {
  Fleet fleet;
  for (int i = 9999; i >= 0; --i)
    fleet.Apply(At(fmt::format("c{:04}", i), 10, 10, i).at(), kFromClient);
  EXPECT_EQ(Told(fleet.Nearest({10, 10}, {100}, 3)),
            (Clients{{"c0000", 0}, {"c0001", 0}, {"c0002", 0}}));
}

TEST(Nearest, KeepsToItsBudgetAndSaysHowFarItLooked) {
  Fleet fleet;
  for (int i = 0; i < 5000; ++i)
    fleet.Apply(At(fmt::format("near{}", i), 10, 10, 1).at(), kFromClient);
  for (int i = 0; i < 5000; ++i)
    fleet.Apply(At(fmt::format("far{}", i), 11, 11, 1).at(), kFromClient);
  const NearAnswer all = fleet.Nearest({10, 10}, {2000}, 6000);
  EXPECT_TRUE(all.complete);
  EXPECT_EQ(all.clients.size(), 5000U);
  EXPECT_EQ(all.searched.value, 2000);

  const NearAnswer few_rows = fleet.Nearest({10, 10}, {2000}, 6000, {.rows_max = 1000});
  EXPECT_FALSE(few_rows.complete);
  EXPECT_LT(few_rows.rows, 1000U + 256);
  EXPECT_LT(few_rows.clients.size(), 1300U);

  const NearAnswer few_cells = fleet.Nearest({10.5, 10.5}, {40'000}, 10, {.cells_max = 50});
  EXPECT_FALSE(few_cells.complete);
  EXPECT_LE(few_cells.cells, 50U);
  EXPECT_GT(few_cells.searched.value, 0);
  EXPECT_LT(few_cells.searched.value, 40'000);

  // Where it looks at all clients.
  const NearAnswer of_all = fleet.Nearest({10, 10}, {1'000'000}, 10'000, {.rows_max = 1000});
  EXPECT_FALSE(of_all.complete);
  EXPECT_LT(of_all.rows, 1000U + 256);
}

TEST(Nearest, EndsSoonWhenNobodyWaitsAnyMore) {
  Fleet fleet;
  for (int i = 0; i < 1'000; ++i)
    fleet.Apply(At("c" + std::to_string(i), 0, 0, 1).at(), kFromClient);
  std::stop_source stop;
  const NearBudget budget{.stop = stop.get_token(), .pause = [&] { stop.request_stop(); }};
  const NearAnswer answer =
      fleet.Nearest({.lat_deg = 0, .lng_deg = 0}, geo::Metres(100), 10, budget);
  EXPECT_FALSE(answer.complete);
  EXPECT_LT(answer.rows, 300U);
}

TEST(Nearest, PausesWithoutALock) {
  Fleet fleet;
  constexpr int kClients = 1'000;
  for (int i = 0; i < kClients; ++i)
    fleet.Apply(At("c" + std::to_string(i), 0, 0, 1).at(), kFromClient);
  int pauses = 0;
  const NearBudget budget{.pause = [&] {
    ++pauses;
    // Would wait for ever for a lock that the search holds.
    for (int i = 0; i < kClients; ++i) fleet.Find("c" + std::to_string(i), [](const Row&) {});
  }};
  // Through the cells, then through all rows.
  fleet.Nearest({.lat_deg = 0, .lng_deg = 0}, geo::Metres(100), 10, budget);
  EXPECT_GE(pauses, 5);
  pauses = 0;
  fleet.Nearest({.lat_deg = 0, .lng_deg = 0}, geo::Metres(1'000'000), 10, budget);
  EXPECT_GE(pauses, 5);
}

TEST(Nearest, LeavesOutWhoMovesAwayMeanwhile) {
  Fleet fleet;
  constexpr int kClients = 1'000;
  const auto all_to = [&](double place, int time) {
    for (int i = 0; i < kClients; ++i)
      fleet.Apply(At("c" + std::to_string(i), place, place, time).at(), kFromClient);
  };
  all_to(0, 1);
  bool moved = false;
  const NearBudget budget{.pause = [&] {
    if (!std::exchange(moved, true)) all_to(5, 2);
  }};
  EXPECT_EQ(Told(fleet.Nearest({0, 0}, {100}, kClients, budget)), Clients{});
  EXPECT_TRUE(moved);
}

// Those that came last are looked at first.
TEST(Nearest, KeepsTheEquallyNearWhenANearerOneIsFound) {
  Fleet fleet;
  fleet.Apply(At("nearest", 10, 10, 1).at(), kFromClient);
  for (int i = 0; i < 30; ++i)
    fleet.Apply(At(fmt::format("c{:02}", i), 10, 10.0001, 1).at(), kFromClient);
  std::vector<std::string> told;
  for (const auto& [client, distance] : Told(fleet.Nearest({10, 10}, {100}, 4)))
    told.push_back(client);
  EXPECT_EQ(told, (std::vector<std::string>{"nearest", "c00", "c01", "c02"}));
}

// Or the client would be in a cell twice once it reports.
TEST(Nearest, LeavesOutTombstonesOfUnknownClients) {
  Fleet fleet;
  fleet.Apply(At("kiwi", 0, 0, 1).at(), kFromClient);
  // So many that it looks into cells, not at all of them.
  for (int i = 0; i < 100; ++i)
    fleet.Apply(At("c" + std::to_string(i), 20, 20, 1).at(), kFromClient);
  wire::ForgetTexts texts;
  const wire::UnixNanos time{1'000'000'000};
  fleet.Apply(wire::MakeForget("moa", "Hands", time, time, texts), kFromClient);
  EXPECT_EQ(Told(fleet.Nearest({0, 0}, {100}, 10)), (Clients{{"kiwi", 0}}));
  fleet.Apply(At("moa", 0, 0, 2).at(), kFromClient);
  const NearAnswer near = fleet.Nearest({0, 0}, {100}, 10, {.rows_max = 1'000});
  EXPECT_EQ(Told(near), (Clients{{"kiwi", 0}, {"moa", 0}}));
  EXPECT_TRUE(near.complete);
}

TEST(Nearest, LeavesOutWhatHasExpired) {
  Fleet fleet;
  fleet.Apply(At("old", 1, 1, 10).at(), kFromClient);
  fleet.Apply(At("new", 1, 1, 20).at(), kFromClient);
  fleet.SetHorizon({.rows = {15'000'000'000}});
  EXPECT_EQ(Told(fleet.Nearest({1, 1}, {10}, 10)), (Clients{{"new", 0}}));
  for (std::size_t stripe = 0; stripe < Fleet::kStripes; ++stripe) fleet.DropExpired(stripe);
  EXPECT_EQ(Told(fleet.Nearest({1, 1}, {10}, 10)), (Clients{{"new", 0}}));
}

TEST(Nearest, TellsTheWinningReport) {
  Fleet fleet;
  fleet.Apply(At("kiwi", 1, 1, 2).at(), kFromClient);
  fleet.Apply(At("kiwi", 2, 2, 1).at(), kFromClient);
  const auto near = fleet.Nearest({1, 1}, {10}, 10).clients;
  ASSERT_EQ(near.size(), 1U);
  EXPECT_EQ(near[0].at_line, At("kiwi", 1, 1, 2).line());
}

// For ThreadSanitizer; and a client that stands still is never missed.
TEST(Nearest, IsRightWhileClientsMove) {
  Fleet fleet;
  fleet.Apply(At("stands", 10, 10, 1).at(), kFromClient);
  constexpr int kRounds = 300;
  std::atomic<int> moving = 2;
  std::vector<std::thread> movers;
  for (int thread = 0; thread < 2; ++thread) {
    movers.emplace_back([&, thread] {
      for (int round = 1; round <= kRounds; ++round) {
        for (int client = 0; client < 20; ++client) {
          const double place = 10 + (round * 7 + client) % 50 / 1000.0;
          // Some of them with IDs that do not fit into the row.
          const std::string id =
              fmt::format("{}-{}{}", thread, client, std::string(client % 2 == 0 ? 0 : 40, 'x'));
          fleet.Apply(At(id, place, 10, round).at(), kFromClient);
        }
      }
      --moving;
    });
  }
  while (moving > 0) {
    const auto near = fleet.Nearest({10, 10}, {20'000}, 100).clients;
    EXPECT_TRUE(std::ranges::any_of(near, [](const auto& one) { return one.client == "stands"; }));
  }
  for (std::thread& mover : movers) mover.join();
  EXPECT_EQ(fleet.Nearest({10, 10}, {20'000}, 100).clients.size(), 41U);
}

}  // namespace
}  // namespace herd::fleet
