#include "flood/topology.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herd::flood {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::uint64_t kStart = 1'600'000'000'000'000'000;  // of all servers, by their clocks
constexpr wire::UnixNanos kNow{kStart};
constexpr auto kAheadMax =
    static_cast<std::uint64_t>(std::chrono::nanoseconds(Topology::kIncarnationAheadMax).count());

// The herd of five.
const Topology::Plan kPlan{{"Goloman", {"Hands", "Holiday", "Wilkes"}},
                           {"Hands", {"Goloman", "Wilkes"}},
                           {"Holiday", {"Goloman", "Welsh", "Wilkes"}},
                           {"Welsh", {"Holiday"}},
                           {"Wilkes", {"Goloman", "Hands", "Holiday"}}};

class Hands : public ::testing::Test {
 protected:
  Topology hands_{"Hands", kPlan, kNow};

  bool Take(std::string_view server, std::uint64_t number, const Names& neighbours,
            std::uint64_t incarnation = kStart) {
    return hands_.Take(server, {incarnation, number}, neighbours, kNow);
  }
  // The only server of which there is news after `change`.
  Topology::Entry NewsAfter(std::uint64_t change, std::string_view server) {
    const auto news = hands_.After(change);
    EXPECT_EQ(news.size(), 1U);
    if (news.empty()) return {};
    EXPECT_EQ(news[0].server, server);
    return news[0].entry;
  }
};

TEST_F(Hands, SendsAllOverALinkThatTheNeighbourHasNotToldOfYet) {
  hands_.Up("Wilkes");
  EXPECT_TRUE(hands_.Forwards("Hands", "Wilkes"));
  EXPECT_TRUE(hands_.Forwards("Welsh", "Wilkes"));
}

TEST_F(Hands, SendsARowTheShortestWayFromItsOrigin) {
  hands_.Up("Goloman");
  hands_.Up("Wilkes");
  EXPECT_TRUE(Take("Goloman", 5, {"Hands", "Wilkes"}));
  EXPECT_TRUE(Take("Wilkes", 7, {"Goloman", "Hands"}));
  // A triangle: each has its own clients' rows go straight to both others, which send them no
  // further.
  EXPECT_TRUE(hands_.Forwards("Hands", "Goloman"));
  EXPECT_TRUE(hands_.Forwards("Hands", "Wilkes"));
  EXPECT_FALSE(hands_.Forwards("Goloman", "Wilkes"));
  EXPECT_FALSE(hands_.Forwards("Wilkes", "Goloman"));
  Take("Goloman", 6, {"Hands"});
  EXPECT_TRUE(hands_.Forwards("Goloman", "Wilkes"));
}

TEST_F(Hands, HasOneTreeForRowsOfServersThatAreGoneOrNotInTheConfiguration) {
  hands_.Up("Goloman");
  hands_.Up("Wilkes");
  Take("Goloman", 5, {"Hands", "Wilkes"});
  Take("Wilkes", 7, {"Goloman", "Hands"});
  for (const std::string_view origin : {"Welsh", "Former", "Another"}) {
    EXPECT_TRUE(hands_.Forwards(origin, "Goloman"));
    EXPECT_FALSE(hands_.Forwards(origin, "Wilkes"));
  }
}

TEST_F(Hands, BelievesTheHigherVersionOnly) {
  Take("Welsh", 3, {"Holiday"});
  const std::uint64_t change = hands_.change();
  EXPECT_TRUE(Take("Welsh", 3, {}));
  EXPECT_TRUE(Take("Welsh", 2, {}));
  EXPECT_TRUE(Take("Welsh", 1'000, {}, kStart - 1));
  EXPECT_EQ(hands_.change(), change);
  EXPECT_TRUE(Take("Welsh", 1, {}, kStart + 1));
  EXPECT_EQ(NewsAfter(change, "Welsh").version, (LinksVersion{kStart + 1, 1}));
}

TEST_F(Hands, OutbidsWhatAnEarlierRunSaid) {
  hands_.Up("Wilkes");
  const std::uint64_t change = hands_.change();
  // Its clock was ahead.
  Take("Hands", 40, {"Goloman"}, kStart + 7);
  const Topology::Entry own = NewsAfter(change, "Hands");
  EXPECT_EQ(own.version, (LinksVersion{kStart + 8, 1}));
  EXPECT_EQ(own.neighbours, (Topology::Names{"Wilkes"}));
  Take("Hands", 1, {"Wilkes"}, kStart + 8);
  EXPECT_EQ(NewsAfter(change, "Hands").version, own.version) << "its own word came back";
}

TEST_F(Hands, OutbidsOtherLinksUnderItsOwnVersion) {
  hands_.Up("Wilkes");
  const std::uint64_t change = hands_.change();
  const LinksVersion own{kStart, 2};
  EXPECT_TRUE(Take("Hands", own.number, {"Wilkes"}));
  EXPECT_EQ(hands_.change(), change) << "its own word came back";
  Take("Hands", own.number, {"Goloman"});
  EXPECT_EQ(NewsAfter(change, "Hands").version, (LinksVersion{kStart + 1, 1}));
}

// One that knows the secret gives the last number there is: the server outbids it all the same, and
// who heard the lie believes the server again.
TEST_F(Hands, OutbidsTheLastNumberThereIs) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  Topology welsh("Welsh", kPlan, kNow);
  Take("Welsh", kLast, {});
  const std::uint64_t lie = hands_.change();
  EXPECT_TRUE(welsh.Take("Welsh", {kStart, kLast}, {}, kNow));
  welsh.Up("Holiday");
  const auto news = welsh.After(0);
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(hands_.Take("Welsh", news[0].entry.version, {"Holiday"}, kNow));
  EXPECT_EQ(NewsAfter(lie, "Welsh").neighbours, (Topology::Names{"Holiday"}));
}

TEST_F(Hands, RefusesIncarnationsThatNoServerCanHave) {
  const std::uint64_t change = hands_.change();
  for (const std::string_view server : {"Welsh", "Hands"}) {
    EXPECT_FALSE(Take(server, 1, {}, std::numeric_limits<std::uint64_t>::max()));
    EXPECT_FALSE(Take(server, 1, {}, kStart + kAheadMax + 1));
  }
  EXPECT_EQ(hands_.change(), change);
  EXPECT_TRUE(Take("Welsh", 1, {}, kStart + kAheadMax));
}

// From 700 messages about servers that do not exist every server took 1.7 GB.
TEST_F(Hands, RemembersTheConfigurationOnly) {
  std::vector<std::string> names;
  for (int i = 0; i < 1'000; ++i) names.push_back("S" + std::to_string(i));
  const Names many(names.begin(), names.end());
  const std::uint64_t change = hands_.change();
  for (const std::string& name : names) EXPECT_FALSE(Take(name, 1, many));
  EXPECT_EQ(hands_.change(), change);
  EXPECT_EQ(hands_.After(0).size(), 1U);
  // Of a server of the configuration, too, only the links that it has there.
  Names welsh = many;
  welsh.push_back("Holiday");
  welsh.push_back("Hands");
  EXPECT_FALSE(Take("Welsh", 1, welsh));
  EXPECT_EQ(NewsAfter(change, "Welsh").neighbours, (Topology::Names{"Holiday"}));
}

// Whatever links come and go: once all have heard of it, a row of any origin comes to each server
// that is joined with it, exactly once.
RC_GTEST_PROP(Topology, BringsEachRowToEachServerOnce, ()) {
  constexpr std::size_t kServers = 7;
  using Edge = std::pair<std::size_t, std::size_t>;
  std::vector<std::unique_ptr<Topology>> servers;
  const auto name = [](std::size_t i) { return std::string(1, static_cast<char>('A' + i)); };
  Topology::Plan plan;
  for (std::size_t a = 0; a < kServers; ++a) {
    for (std::size_t b = 0; b < kServers; ++b) {
      if (a != b) plan[name(a)].insert(name(b));
    }
  }
  for (std::size_t i = 0; i < kServers; ++i)
    servers.push_back(std::make_unique<Topology>(name(i), plan, kNow));
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
                        Names(named.entry.neighbours.begin(), named.entry.neighbours.end()), kNow);
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
