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

TEST(Topology, SendsOverALinkThatTheNeighbourHasNotToldOfYet) {
  Topology topology("Hands");
  EXPECT_FALSE(topology.InTree("Wilkes"));
  topology.Up("Wilkes");
  EXPECT_TRUE(topology.InTree("Wilkes"));
  topology.Down("Wilkes");
  EXPECT_FALSE(topology.InTree("Wilkes"));
}

TEST(Topology, LeavesTheLongestSideOfATriangleOut) {
  Topology hands("Hands");
  hands.Up("Goloman");
  hands.Up("Wilkes");
  hands.Take("Goloman", 5, {"Hands", "Wilkes"});
  hands.Take("Wilkes", 7, {"Goloman", "Hands"});
  EXPECT_TRUE(hands.InTree("Goloman"));
  EXPECT_FALSE(hands.InTree("Wilkes"));
  hands.Take("Goloman", 6, {"Hands"});
  EXPECT_TRUE(hands.InTree("Wilkes"));
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

// Whatever links come and go: once all have heard of it, the links that are in the tree at one end
// are so at the other, join all that are joined at all, and are no more than that takes.
RC_GTEST_PROP(Topology, IsTheSameTreeEverywhere, ()) {
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
  std::size_t parts = 0;
  std::set<std::size_t> seen;
  for (std::size_t start = 0; start < kServers; ++start) {
    if (!seen.insert(start).second) continue;
    ++parts;
    std::deque<std::size_t> next{start};
    while (!next.empty()) {
      const std::size_t from = next.front();
      next.pop_front();
      for (std::size_t to = 0; to < kServers; ++to) {
        const bool joined = up.contains({from, to}) && servers[from]->InTree(name(to));
        if (joined && seen.insert(to).second) next.push_back(to);
      }
    }
  }
  std::size_t parts_by_links = kServers;
  std::vector<std::size_t> part(kServers);
  for (std::size_t i = 0; i < kServers; ++i) part[i] = i;
  for (const auto& [a, b] : up) {
    const std::size_t old = part[a];
    if (old == part[b]) continue;
    --parts_by_links;
    for (std::size_t& p : part) p = p == old ? part[b] : p;
  }
  RC_ASSERT(parts == parts_by_links);
  std::size_t in_tree = 0;
  for (const auto& [from, to] : up) {
    RC_ASSERT(servers[from]->InTree(name(to)) == servers[to]->InTree(name(from)));
    if (servers[from]->InTree(name(to))) ++in_tree;
  }
  RC_ASSERT(in_tree == 2 * (kServers - parts));
}

}  // namespace
}  // namespace herd::flood
