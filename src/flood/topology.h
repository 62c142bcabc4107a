#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace herd::flood {

// Which servers of the herd are linked with each other just now, as far as this one has heard, and
// so over which links a row is to travel: along the tree of shortest ways from the server that the
// client reported to, of several those over smaller names. Every server computes the same trees
// from the same knowledge, so that each row comes to each server once.
//
// Each server tells which of its links are up, with a version that grows; this is flooded over all
// links (LINKS). Over a link that only one end calls up all rows travel: until both have heard of
// each other, a row twice is better than a row late.
//
// No socket, clock or thread. One thread at a time.
class Topology {
 public:
  using Names = std::set<std::string, std::less<>>;

  // What one server tells of itself.
  struct Entry {
    std::uint64_t version = 0;  // the higher one counts
    Names neighbours;
  };
  struct Named {
    std::string_view server;
    const Entry& entry;
  };

  // More servers than this are not listened to.
  static constexpr std::size_t kServersMax = 4096;

  explicit Topology(std::string self);

  const std::string& self() const { return self_; }

  // Our own link to `neighbour` has come up or gone down.
  void Up(std::string_view neighbour);
  void Down(std::string_view neighbour);

  // Takes what a neighbour passed on, if it is news. About ourselves it is what an earlier run of
  // ours said: our own word gets a higher version.
  void Take(std::string_view server, std::uint64_t version,
            const std::vector<std::string_view>& neighbours);

  // Grows with every change of what follows.
  std::uint64_t change() const { return change_; }

  // What changed after `change`: to be passed on.
  std::vector<Named> After(std::uint64_t change) const;

  // Whether rows of `origin`, the server that clients reported to, are to go on from here to our
  // `neighbour`. A server that nobody tells of any more has the tree of the smallest name.
  bool Forwards(std::string_view origin, std::string_view neighbour) const;

 private:
  struct Known {
    Entry entry;
    std::uint64_t change = 0;
  };

  const std::string self_;
  std::map<std::string, Known, std::less<>> servers_;  // ourselves among them
  std::uint64_t change_ = 0;
  // To which neighbours rows go on, by their origin; computed when first asked for after a change.
  mutable std::map<std::string, Names, std::less<>> forwards_;

  void Changed(Known& known);
  bool Tells(std::string_view server, std::string_view neighbour) const;
  std::vector<std::string_view> Linked(std::string_view server) const;
  Names FindForwards(std::string_view origin) const;
};

}  // namespace herd::flood
