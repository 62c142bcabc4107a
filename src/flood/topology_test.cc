#include "flood/topology.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace herd::flood {
namespace {

using Names = std::vector<std::string_view>;

TEST(Topology, SendsAllOverALinkThatTheNeighbourHasNotToldOfYet) {
  Topology topology("Hands");
  topology.Up("Wilkes");
  EXPECT_TRUE(topology.Forwards("Hands", "Wilkes"));
  EXPECT_TRUE(topology.Forwards("Welsh", "Wilkes"));
}

TEST(Topology, SendsARowTheShortestWayFromItsOrigin) {
  Topology hands("Hands");
  hands.Up("Goloman");
  hands.Up("Wilkes");
  hands.Take("Goloman", 5, {"Hands", "Wilkes"});
  hands.Take("Wilkes", 7, {"Goloman", "Hands"});
  // A triangle: each has its own clients' rows go straight to both others, which send them no
  // further.
  EXPECT_TRUE(hands.Forwards("Hands", "Goloman"));
  EXPECT_TRUE(hands.Forwards("Hands", "Wilkes"));
  EXPECT_FALSE(hands.Forwards("Goloman", "Wilkes"));
  EXPECT_FALSE(hands.Forwards("Wilkes", "Goloman"));
  hands.Take("Goloman", 6, {"Hands"});
  EXPECT_TRUE(hands.Forwards("Goloman", "Wilkes"));
}

TEST(Topology, HasATreeForRowsOfAServerThatIsGone) {
  Topology hands("Hands");
  hands.Up("Goloman");
  hands.Up("Wilkes");
  hands.Take("Goloman", 5, {"Hands", "Wilkes"});
  hands.Take("Wilkes", 7, {"Goloman", "Hands"});
  EXPECT_TRUE(hands.Forwards("Welsh", "Goloman"));
  EXPECT_FALSE(hands.Forwards("Welsh", "Wilkes"));
}

TEST(Topology, BelievesTheHigherVersionOnly) {
  Topology topology("Hands");
  topology.Take("Welsh", 3, {"Holiday"});
  const std::uint64_t change = topology.change();
  topology.Take("Welsh", 3, {});
  topology.Take("Welsh", 2, {});
  EXPECT_EQ(topology.change(), change);
  topology.Take("Welsh", 4, {});
  ASSERT_EQ(topology.After(change).size(), 1U);
  EXPECT_EQ(topology.After(change)[0].server, "Welsh");
}

TEST(Topology, OutbidsWhatAnEarlierRunSaid) {
  Topology topology("Hands");
  topology.Up("Wilkes");
  const std::uint64_t change = topology.change();
  topology.Take("Hands", 40, {"Goloman"});
  const auto changed = topology.After(change);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].entry.version, 41U);
  EXPECT_EQ(changed[0].entry.neighbours, (std::set<std::string, std::less<>>{"Wilkes"}));
}

// Whatever links come and go: once all have heard of it, a row of any origin comes to each server
// that is joined with it, exactly once.
RC_GTEST_PROP(Topology, BringsEachRowToEachServerOnce, ()) {
  constexpr std::size_t kServers = 7;
  using Edge = std::pair<std::size_t, std::size_t>;
  std::vector<std::unique_ptr<Topology>> servers;
  const auto name = [](std::size_t i) { return std::string(1, static_cast<char>('A' + i)); };
  for (std::size_t i = 0; i < kServers; ++i) servers.push_back(std::make_unique<Topology>(name(i)));
  std::set<Edge> up;
  std::map<Edge, std::uint64_t> sent;  // from, to: up to which change
  const auto flip = [&](std::size_t a, std::size_t b) {
    const bool is_up = up.contains({a, b});
    for (const auto& [from, to] : {Edge{a, b}, Edge{b, a}}) {
      if (is_up) {
        servers[from]->Down(name(to));
        up.erase({from, to});
      } else {
        servers[from]->Up(name(to));
        up.insert({from, to});
        sent[{from, to}] = 0;
      }
    }
  };
  const auto tell = [&](Edge edge) {
    if (!up.contains(edge)) return false;
    const auto& [from, to] = edge;
    const auto news = servers[from]->After(sent[edge]);
    sent[edge] = servers[from]->change();
    for (const Topology::Named& named : news) {
      servers[to]->Take(named.server, named.entry.version,
                        Names(named.entry.neighbours.begin(), named.entry.neighbours.end()));
    }
    return !news.empty();
  };
  for (const auto& [a, b] : *rc::gen::container<std::vector<Edge>>(
           rc::gen::pair(rc::gen::inRange<std::size_t>(0, kServers),
                         rc::gen::inRange<std::size_t>(0, kServers)))) {
    if (a == b) continue;
    if ((a + b) % 3 == 0) {
      tell({a, b});
    } else {
      flip(a, b);
    }
  }
  for (bool news = true; news;) {
    news = false;
    for (const Edge& edge : std::set<Edge>(up)) news = tell(edge) || news;
  }
  for (std::size_t origin = 0; origin < kServers; ++origin) {
    std::set<std::size_t> joined{origin};
    for (std::deque<std::size_t> next{origin}; !next.empty(); next.pop_front()) {
      for (std::size_t to = 0; to < kServers; ++to) {
        if (up.contains({next.front(), to}) && joined.insert(to).second) next.push_back(to);
      }
    }
    std::multiset<std::size_t> reached{origin};
    std::deque<Edge> next{{origin, origin}};  // server, and where the row came from
    for (; !next.empty() && reached.size() <= kServers; next.pop_front()) {
      const auto [server, from] = next.front();
      for (std::size_t to = 0; to < kServers; ++to) {
        if (to == from || !up.contains({server, to})) continue;
        if (!servers[server]->Forwards(name(origin), name(to))) continue;
        reached.insert(to);
        next.push_back({to, server});
      }
    }
    RC_ASSERT(reached == std::multiset<std::size_t>(joined.begin(), joined.end()));
  }
}

}  // namespace
}  // namespace herd::flood
