#include "server/fleet_watch.h"

#include <gtest/gtest.h>

#include <chrono>

#include "server/test_node.h"

namespace herd::server {
namespace {

constexpr wire::UnixNanos At(std::int64_t seconds) {
  return {seconds * 1'000'000'000};
}

// Else rows from the future would go on winning over what is reported now.
TEST(FleetWatch, HasTheFleetFollowAClockThatIsSetBack) {
  wire::UnixNanos clock = At(5'000'000);
  net::Loop loop;
  Node node =
      MakeNode(nullptr, {.clock = [&] { return clock; }, .receipt_ahead = std::chrono::minutes(5)});
  const Links links(loop, node, IdentityOf(node), nullptr);
  FleetWatch watch(loop, node, links);
  watch.Start();
  clock = At(1'000'000);
  EXPECT_FALSE(node.fleet.IsAhead(At(4'000'000)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!node.fleet.IsAhead(At(4'000'000))) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
    loop.context().run_one_for(std::chrono::milliseconds(10));
  }
}

}  // namespace
}  // namespace herd::server
