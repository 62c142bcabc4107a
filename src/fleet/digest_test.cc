#include "fleet/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fleet/fleet.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::AnyReport;
using testing::OwnedAt;

constexpr HashKey kKey{{42}};

std::set<std::string> LinesOf(const Fleet& fleet) {
  std::set<std::string> lines;
  for (std::size_t range = 0; range < kRanges; ++range) {
    for (const ClientHash client : fleet.ClientsIn(range, std::bitset<kLeaves>().set())) {
      EXPECT_EQ(RangeOf(client), range);
      fleet.FindRow(client, [&](const Row& row) { lines.emplace(row.at_line()); });
    }
  }
  return lines;
}

// Leaf by leaf, from the rows themselves.
LeafDigests DigestsOf(const Fleet& fleet, std::size_t range) {
  LeafDigests digests;
  for (const ClientHash client : fleet.ClientsIn(range, std::bitset<kLeaves>().set())) {
    fleet.FindRow(
        client, [&](const Row& row) { digests[LeafOf(client)] += row.hash(fleet.key(), client); });
  }
  return digests;
}

RC_GTEST_PROP(Digest, IsThatOfTheRowsWhateverHappenedBefore, ()) {
  Fleet fleet(kKey);
  for (const auto& [report, horizon] : *rc::gen::container<std::vector<std::pair<OwnedAt, int>>>(
           rc::gen::pair(AnyReport(), rc::gen::inRange(-40, 12)))) {
    fleet.Apply(report.at(), kFromClient);
    const wire::UnixNanos at{std::int64_t{horizon} * 1'000'000'000};
    fleet.SetHorizon({.rows = at, .tombstones = at});
    if (horizon > 0) {
      for (std::size_t stripe = 0; stripe < Fleet::kStripes; ++stripe) fleet.DropExpired(stripe);
    }
  }
  for (std::size_t stripe = 0; stripe < Fleet::kStripes; ++stripe) fleet.DropExpired(stripe);
  Digest sum;
  for (std::size_t range = 0; range < kRanges; ++range) {
    const LeafDigests leaves = DigestsOf(fleet, range);
    RC_ASSERT(fleet.leaf_digests(range) == leaves);
    for (const Digest leaf : leaves) sum += leaf;
  }
  RC_ASSERT(fleet.digest() == sum);
}

RC_GTEST_PROP(Digest, IsEqualExactlyWhenTheRowsAre, ()) {
  auto reports = *rc::gen::container<std::vector<OwnedAt>>(AnyReport());
  Fleet one(kKey);
  for (const OwnedAt& report : reports) one.Apply(report.at(), kFromClient);
  std::ranges::reverse(reports);
  if (!reports.empty() && *rc::gen::arbitrary<bool>()) reports.pop_back();
  Fleet other(kKey);
  for (const OwnedAt& report : reports) other.Apply(report.at(), LinkId{1});
  RC_ASSERT((one.digest() == other.digest()) == (LinesOf(one) == LinesOf(other)));
  RC_ASSERT((one.range_digests() == other.range_digests()) == (one.digest() == other.digest()));
}

TEST(Digest, DependsOnTheKey) {
  const OwnedAt report("Hands", "kiwi", "+1+1", "1", {});
  Fleet one(kKey);
  Fleet other(HashKey{{43}});
  one.Apply(report.at(), kFromClient);
  other.Apply(report.at(), kFromClient);
  EXPECT_NE(one.digest(), other.digest());
}

}  // namespace
}  // namespace herd::fleet
