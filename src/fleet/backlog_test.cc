#include "fleet/backlog.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "fleet/follower.h"
#include "fleet/testing.h"

namespace herd::fleet {
namespace {

using testing::AnyReport;
using testing::OwnedAt;

using Lines = std::map<std::string, std::string, std::less<>>;

template <typename Reader>
void ReadSome(Reader& reader, int rows, Lines& into) {
  reader.Read([&](const Row& row) {
    into[std::string(row.client())] = row.at_line();
    return --rows > 0;
  });
}

// Whoever followed up to one place, and has both the backlog to another and what follows there, has
// everything; in whatever steps it reads, and even when it starts the backlog anew half way.
RC_GTEST_PROP(Backlog, AndAFollowerTogetherMissNothing, ()) {
  Fleet fleet;
  Lines seen;
  Follower first(fleet, [] {});
  const auto steps = *rc::gen::container<std::vector<std::pair<OwnedAt, int>>>(
      rc::gen::pair(AnyReport(), rc::gen::inRange(0, 8)));
  const std::size_t left = *rc::gen::inRange<std::size_t>(0, steps.size() + 1);
  const std::size_t back = *rc::gen::inRange<std::size_t>(left, steps.size() + 1);
  for (std::size_t i = 0; i < left; ++i) {
    fleet.Apply(steps[i].first.at(), kFromClient);
    if (steps[i].second > 4) ReadSome(first, 2, seen);
  }
  for (std::size_t i = left; i < back; ++i) fleet.Apply(steps[i].first.at(), kFromClient);
  Follower second(fleet, [] {});
  Backlog backlog(fleet, first.cursors(), second.cursors());
  for (std::size_t i = back; i < steps.size(); ++i) {
    fleet.Apply(steps[i].first.at(), kFromClient);
    if (steps[i].second > 4) ReadSome(second, 1, seen);
    if (steps[i].second % 4 == 1) ReadSome(backlog, 1, seen);
  }
  Backlog again(fleet, backlog.cursors(), fleet.newest());
  while (!again.done()) ReadSome(again, 3, seen);
  while (second.pending()) ReadSome(second, 3, seen);
  RC_ASSERT(seen.size() == fleet.size());
  for (const auto& [client, line] : seen) {
    fleet.Find(client, [&](const Row& row) { RC_ASSERT(row.at_line() == line); });
  }
}

TEST(Backlog, LeavesOutWhatChangedAgain) {
  Fleet fleet;
  const OwnedAt once("Hands", "kiwi", "+1+1", "1", {});
  const OwnedAt again("Hands", "kiwi", "+1+1", "2", {});
  fleet.Apply(once.at(), kFromClient);
  Backlog backlog(fleet, {}, fleet.newest());
  fleet.Apply(again.at(), kFromClient);
  backlog.Read([](const Row&) {
    ADD_FAILURE();
    return true;
  });
  EXPECT_TRUE(backlog.done());
}

}  // namespace
}  // namespace herd::fleet
