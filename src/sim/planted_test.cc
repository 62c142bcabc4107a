// Built with the planted faults: the simulation must find each.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

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
  const char* by = "";      // the violation that it must come to, or part of it
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
    for (const std::string& violation : outcome.violations) {
      if (!violation.contains(GetParam().by)) continue;
      RecordProperty("seed", static_cast<int>(seed));
      printf("%s is found by seed %d: %s\n", GetParam().name, static_cast<int>(seed),
             violation.c_str());
      return;
    }
  }
  FAIL() << "no seed up to " << GetParam().seeds_max << " finds it";
}

constexpr Planted kPlanted[] = {
    {Fault::kForgetToForward, "ForgetToForward", 50},
    {Fault::kApplyWithoutComparing, "ApplyWithoutComparing", 50},
    {Fault::kSkipTombstone, "SkipTombstone", 100},
    {Fault::kCursorOffByOne, "CursorOffByOne", 300},
    {Fault::kForgetToSync, "ForgetToSync", 100, "has lost what it acknowledged from disk"},
    {Fault::kAckBeforeSync, "AckBeforeSync", 200, "has lost what it acknowledged from disk"},
    {Fault::kSyncByCursor, "SyncByCursor", 500, "acknowledges what is not on its disk"},
    {Fault::kTrustFailedSync, "TrustFailedSync", 300, "not on the disk of"},
    {Fault::kLoadNoTombstones, "LoadNoTombstones", 200, "has lost what was on its disk"},
};

INSTANTIATE_TEST_SUITE_P(Simulation, PlantedFault, ::testing::ValuesIn(kPlanted),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace herd::sim
