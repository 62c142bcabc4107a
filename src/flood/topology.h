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
// the tree of links over which rows travel: every server computes the same one from the same
// knowledge, so that each row comes to each server once.
//
// Each server tells which of its links are up, with a version that grows; this is flooded over all
// links (LINKS). The tree holds the shortest ways from the server with the smallest name, of
// several those over smaller names. A link that only one end calls up belongs to it too: until both
// have heard of each other, a row twice is better than a row late.
//
// No socket, clock or thread. One thread at a time.
class Topology {
 public:
  // What one server tells of itself.
  struct Entry {
    std::uint64_t version = 0;  // the higher one counts
    std::set<std::string, std::less<>> neighbours;
  };
  struct Named {
    std::string_view server;
    const Entry& entry;
  };

  // More servers than this are not listened to.
  static constexpr std::size_t kServersMax = 4096;

  explicit Topology(std::string self);

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

  // Whether our link to `neighbour` belongs to the tree.
  bool InTree(std::string_view neighbour) const { return tree_.contains(neighbour); }

 private:
  struct Known {
    Entry entry;
    std::uint64_t change = 0;
  };

  const std::string self_;
  std::map<std::string, Known, std::less<>> servers_;  // ourselves among them
  std::uint64_t change_ = 0;
  std::set<std::string, std::less<>> tree_;  // of our neighbours

  void Changed(Known& known);
  bool Tells(std::string_view server, std::string_view neighbour) const;
  std::vector<std::string_view> Linked(std::string_view server) const;
  void FindTree();
};

}  // namespace herd::flood
