#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "wire/time.h"

namespace herd::flood {

// Which of two advertisements of a server is the newer one.
struct LinksVersion {
  // When the server started, by its own clock, in nanoseconds since 1970; so a server that has been
  // restarted outbids what it said before.
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;  // grows with each change

  friend auto operator<=>(const LinksVersion&, const LinksVersion&) = default;
};

// Which servers of the herd are linked with each other just now, as far as this one has heard, and
// so over which links a row is to travel: along the tree of shortest ways from the server that the
// client reported to, of several those over smaller names. Every server computes the same trees
// from the same knowledge, so that each row comes to each server once.
//
// Each server tells which of its links are up, with a version that grows; this is flooded over all
// links (LINKS). Over a link that only one end calls up all rows travel: until both have heard of
// each other, a row twice is better than a row late.
//
// What neighbours pass on is believed within the configuration only: of servers that are in it, and
// of links that it has. So it takes no more memory than the configuration, and each server is told
// of no more often than it changes.
//
// No socket, clock or thread. One thread at a time.
class Topology {
 public:
  using Names = std::set<std::string, std::less<>>;

  // What one server tells of itself.
  struct Entry {
    LinksVersion version;  // the higher one counts
    Names neighbours;
  };
  struct Named {
    std::string_view server;
    const Entry& entry;
  };

  // The servers of the herd with their neighbours, by the configuration.
  using Plan = std::map<std::string, Names, std::less<>>;

  // An incarnation that is further ahead of our clock is no start of a server: if it were believed,
  // that server could not outbid it for as long. Clocks that differ by more are a fault of their
  // own.
  static constexpr std::chrono::hours kIncarnationAheadMax{24};

  // `plan` has `self`; `started` is our clock now.
  Topology(std::string self, const Plan& plan, wire::UnixNanos started);

  const std::string& self() const { return self_; }

  // Our own link to `neighbour` has come up or gone down.
  void Up(std::string_view neighbour);
  void Down(std::string_view neighbour);

  // Takes what a neighbour passed on, if it is news. About ourselves it is what an earlier run of
  // ours said, or a lie: our own word gets a higher version. `now` is our clock. False when it is
  // ignored, or a part of it: a server or a link that is not in the configuration, or a version
  // that cannot be.
  bool Take(std::string_view server, const LinksVersion& version,
            const std::vector<std::string_view>& neighbours, wire::UnixNanos now);

  // Grows with every change of what follows.
  std::uint64_t change() const { return change_; }

  // What changed after `change`: to be passed on.
  std::vector<Named> After(std::uint64_t change) const;

  // Whether rows of `origin`, the server that clients reported to, are to go on from here to our
  // `neighbour`. A server that nobody tells of any more has the tree of the smallest name.
  bool Forwards(std::string_view origin, std::string_view neighbour) const;

 private:
  // Servers of the configuration by their place in the order of their names: trees are searched for
  // among numbers, since searching among names held up the loop for seconds in a herd of hundreds.
  using Number = std::size_t;
  using Numbers = std::vector<Number>;  // in their order

  struct Known {
    Number number = 0;
    Names allowed;  // neighbours, by the configuration
    Entry entry;
    std::uint64_t change = 0;  // 0: nothing has been heard of it
  };

  // What follows from what all servers tell, until one tells something else.
  struct Trees {
    std::vector<Numbers> linked;  // by server: to whom both ends tell a link
    std::vector<bool> joined;     // by server: whether it can be reached from here
    // By origin, and then by neighbour: whether rows go on to it. The last is for all origins that
    // are not joined with us. Each is computed when it is first asked for.
    std::vector<std::optional<std::vector<bool>>> forwards;
  };

  const std::string self_;
  std::map<std::string, Known, std::less<>> servers_;  // of the configuration, ourselves among them
  std::vector<Numbers> tells_;                         // by server: its entry's neighbours
  Number own_ = 0;                                     // our number
  std::uint64_t change_ = 0;
  mutable std::optional<Trees> trees_;  // computed when first asked for after a change

  void Changed(Known& known);
  bool Tells(Number server, Number neighbour) const;
  Trees FindTrees() const;
  std::vector<bool> FindForwards(std::optional<Number> origin) const;
};

}  // namespace herd::flood
