// Built with the planted faults: the simulation must find each.

#include <gtest/gtest.h>

#include "fleet/planted.h"
#include "sim/random.h"
#include "sim/world.h"

namespace herd::sim {
namespace {

using fleet::Fault;

struct Planted {
  Fault fault;
  const char* name;
  std::uint64_t seeds_max;  // it is found within so many
};

class PlantedFault : public ::testing::TestWithParam<Planted> {
 protected:
  void TearDown() override { fleet::planted_fault = Fault::kNone; }
};

TEST_P(PlantedFault, IsFound) {
  fleet::planted_fault = GetParam().fault;
  for (std::uint64_t seed = 1; seed <= GetParam().seeds_max; ++seed) {
    Random random(seed);
    const Scenario scenario = AnyScenario(random, std::nullopt, std::nullopt);
    const Outcome outcome = World(scenario, random.Next(), {}).Run();
    if (outcome.violations.empty()) continue;
    RecordProperty("seed", static_cast<int>(seed));
    printf("%s is found by seed %d: %s\n", GetParam().name, static_cast<int>(seed),
           outcome.violations.front().c_str());
    return;
  }
  FAIL() << "no seed up to " << GetParam().seeds_max << " finds it";
}

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedFault,
                         ::testing::Values(Planted{Fault::kForgetToForward, "ForgetToForward", 50},
                                           Planted{Fault::kApplyWithoutComparing,
                                                   "ApplyWithoutComparing", 50},
                                           Planted{Fault::kSkipTombstone, "SkipTombstone", 100},
                                           Planted{Fault::kAckBeforeSync, "AckBeforeSync", 300},
                                           Planted{Fault::kCursorOffByOne, "CursorOffByOne", 300}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace herd::sim
