// The trees of Topology are those of a plain model, which searches among names.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flood/topology.h"

namespace herd::flood {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr std::string_view kSelf = "S2";
// Not in this order, which is that of the bytes.
const std::vector<std::string> kServers{"b", "S10", "S2", "A", "a.b", "Z", "S1", "AB", "_x", "S-3"};
// One that is not in the configuration besides, and one that no server can have.
const std::vector<std::string> kAsked = [] {
  std::vector<std::string> asked = kServers;
  asked.insert(asked.end(), {"Former", ""});
  return asked;
}();

using Told = Topology::Plan;  // neighbours by who tells of them

// The servers to which both ends tell a link, in the order of their names.
Names Linked(const Told& told, const std::string& server) {
  Names linked;
  const auto found = told.find(server);
  if (found == told.end()) return linked;
  for (const std::string& neighbour : found->second) {
    const auto other = told.find(neighbour);
    if (other != told.end() && other->second.contains(server)) linked.insert(neighbour);
  }
  return linked;
}

using OnReached = std::function<void(const std::string& server, const std::string& neighbour)>;

// Breadth first, in the order of the names.
Names Reach(const Told& told, const std::string& from, const OnReached& on_reached) {
  Names reached{from};
  for (std::deque<std::string> next{from}; !next.empty(); next.pop_front()) {
    for (const std::string& neighbour : Linked(told, next.front())) {
      if (!reached.insert(neighbour).second) continue;
      next.push_back(neighbour);
      on_reached(next.front(), neighbour);
    }
  }
  return reached;
}

// To which neighbours rows of `origin` go on.
Names Forwards(const Told& told, const std::string& origin) {
  const Names joined = Reach(told, std::string(kSelf), [](auto&, auto&) {});
  const bool known = joined.contains(origin);
  Names forwards;
  Reach(told, known ? origin : *joined.begin(),
        [&](const std::string& server, const std::string& neighbour) {
          if (server == kSelf) forwards.insert(neighbour);
          if (!known && neighbour == kSelf) forwards.insert(server);
        });
  const auto calls_us = [&](const std::string& neighbour) {
    const auto found = told.find(neighbour);
    return found != told.end() && found->second.contains(kSelf);
  };
  for (const std::string& neighbour : kAsked) {
    if (!calls_us(neighbour)) forwards.insert(neighbour);
  }
  return forwards;
}

Told ToldBy(const Topology& topology) {
  Told told;
  for (const Topology::Named& named : topology.After(0))
    told[std::string(named.server)] = named.entry.neighbours;
  return told;
}

// Whatever is told of links, also by one end only, and of parts that nothing joins.
RC_GTEST_PROP(TopologyModel, HasTheSameTrees, ()) {
  using Edge = std::pair<std::size_t, std::size_t>;
  const auto gen_server = rc::gen::inRange<std::size_t>(0, kServers.size());
  const auto gen_edges =
      rc::gen::container<std::vector<Edge>>(rc::gen::pair(gen_server, gen_server));
  Topology::Plan plan;
  for (const std::string& a : kServers) {
    for (const std::string& b : kServers) {
      if (a != b) plan[a].insert(b);
    }
  }
  const auto drop = [](Topology::Plan& from, const Edge& edge) {
    from[kServers[edge.first]].erase(kServers[edge.second]);
  };
  for (const Edge& edge : *gen_edges) drop(plan, edge);

  constexpr wire::UnixNanos kNow{1'600'000'000'000'000'000};
  Topology topology{std::string(kSelf), plan, kNow};
  Told links = *rc::gen::arbitrary<bool>() ? plan : Told{};  // all are up, or none
  std::uint64_t version = 0;
  const auto tell = [&](const std::string& server) {
    const Names& told = links[server];
    if (server == kSelf) {
      for (const std::string& other : kAsked)
        told.contains(other) ? topology.Up(other) : topology.Down(other);
    } else {
      topology.Take(server, {static_cast<std::uint64_t>(kNow.value), ++version},
                    {told.begin(), told.end()}, kNow);
    }
  };
  const auto expect_same = [&] {
    const Told told = ToldBy(topology);
    for (const std::string& origin : kAsked) {
      Names forwards;
      for (const std::string& neighbour : kAsked) {
        if (topology.Forwards(origin, neighbour)) forwards.insert(neighbour);
      }
      RC_ASSERT(forwards == Forwards(told, origin));
    }
  };
  for (const std::string& server : kServers) tell(server);
  expect_same();
  for (const auto& [a, b] : *gen_edges) {
    if (!links[kServers[a]].erase(kServers[b])) links[kServers[a]].insert(kServers[b]);
    tell(kServers[a]);
    expect_same();
  }
}

}  // namespace
}  // namespace herd::flood
