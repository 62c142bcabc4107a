#include "server/near_finder.h"

#include <gtest/gtest.h>

#include <ctime>
#include <optional>
#include <string>

#include "fleet/testing.h"

namespace herd::server {
namespace {

TEST(NearFinder, RestsMuchLongerThanItWorks) {
  fleet::Fleet fleet;
  constexpr int kClients = 200'000;
  for (int i = 0; i < kClients; ++i) {
    const fleet::testing::OwnedAt report("Hands", "c" + std::to_string(i), "+1+1", "1", {});
    fleet.Apply(report.at(), fleet::kFromClient);
  }
  net::Loop loop;
  NearFinder finder(loop, fleet, {});
  std::optional<std::chrono::nanoseconds> took;
  const std::clock_t before = std::clock();  // the processor's time of all threads
  finder.Find({.center = {.lat_deg = 1, .lng_deg = 1}, .radius = geo::Metres(1'000), .max = 1}, {},
              [&](const fleet::NearAnswer& answer, std::chrono::nanoseconds time) {
                EXPECT_EQ(answer.clients.size(), 1U);
                took = time;
              });
  while (!took) loop.context().run_one();
  const std::chrono::duration<double> worked(static_cast<double>(std::clock() - before) /
                                             CLOCKS_PER_SEC);
  EXPECT_LT(worked, *took / 2.0);
}

// Askers who come and go must not keep those waiting who stay.
TEST(NearFinder, DropsTheQuestionsOfThoseWhoHaveGone) {
  const fleet::Fleet fleet;
  net::Loop loop;
  NearFinder finder(loop, fleet, {});
  std::stop_source gone;
  gone.request_stop();
  bool answered = false;
  for (int i = 0; i < 100; ++i) {
    finder.Find({}, gone.get_token(),
                [](const fleet::NearAnswer&, std::chrono::nanoseconds) { FAIL(); });
  }
  finder.Find({}, {}, [&](const fleet::NearAnswer&, std::chrono::nanoseconds) { answered = true; });
  while (!answered) loop.context().run_one();
}

// A server that ends must not wait for what is still to be looked through.
TEST(NearFinder, EndsInTheMidstOfASearch) {
  fleet::Fleet fleet;
  constexpr int kClients = 10'000;
  for (int i = 0; i < kClients; ++i) {
    const fleet::testing::OwnedAt report("Hands", "c" + std::to_string(i), "+1+1", "1", {});
    fleet.Apply(report.at(), fleet::kFromClient);
  }
  net::Loop loop;
  std::optional<NearFinder> finder(std::in_place, loop, fleet, fleet::NearBudget{});
  bool last_complete = true;
  for (int i = 0; i < 1000; ++i) {
    finder->Find({.center = {.lat_deg = 1, .lng_deg = 1}, .radius = geo::Metres(1'000), .max = 1},
                 {}, [&](const fleet::NearAnswer& answer, std::chrono::nanoseconds) {
                   last_complete = answer.complete;
                 });
  }
  finder.reset();
  loop.context().poll();
  EXPECT_FALSE(last_complete);
}

}  // namespace
}  // namespace herd::server
