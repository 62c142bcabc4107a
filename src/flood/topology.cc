#include "flood/topology.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace herd::flood {

Topology::Topology(std::string self) : self_(std::move(self)) {
  servers_[self_].entry.version = 1;
  Changed(servers_[self_]);
}

void Topology::Up(std::string_view neighbour) {
  Known& own = servers_.find(self_)->second;
  if (!own.entry.neighbours.emplace(neighbour).second) return;
  ++own.entry.version;
  Changed(own);
}

void Topology::Down(std::string_view neighbour) {
  Known& own = servers_.find(self_)->second;
  const auto found = own.entry.neighbours.find(neighbour);
  if (found == own.entry.neighbours.end()) return;
  own.entry.neighbours.erase(found);
  ++own.entry.version;
  Changed(own);
}

void Topology::Take(std::string_view server, std::uint64_t version,
                    const std::vector<std::string_view>& neighbours) {
  const auto found = servers_.find(server);
  if (found == servers_.end() && servers_.size() >= kServersMax) return;
  Known& known = found == servers_.end() ? servers_[std::string(server)] : found->second;
  if (server == self_) {
    if (version < known.entry.version) return;
    const bool same =
        version == known.entry.version && std::ranges::equal(neighbours, known.entry.neighbours);
    if (same) return;
    known.entry.version = version + 1;
  } else {
    if (version <= known.entry.version) return;
    known.entry = {version, {neighbours.begin(), neighbours.end()}};
  }
  Changed(known);
}

std::vector<Topology::Named> Topology::After(std::uint64_t change) const {
  std::vector<Named> changed;
  for (const auto& [server, known] : servers_) {
    if (known.change > change) changed.push_back({server, known.entry});
  }
  return changed;
}

void Topology::Changed(Known& known) {
  known.change = ++change_;
  FindTree();
}

bool Topology::Tells(std::string_view server, std::string_view neighbour) const {
  const auto found = servers_.find(server);
  return found != servers_.end() && found->second.entry.neighbours.contains(neighbour);
}

// The servers to which both ends tell a link, in the order of their names.
std::vector<std::string_view> Topology::Linked(std::string_view server) const {
  std::vector<std::string_view> linked;
  const auto found = servers_.find(server);
  if (found == servers_.end()) return linked;
  for (const std::string& neighbour : found->second.entry.neighbours) {
    if (Tells(neighbour, server)) linked.emplace_back(neighbour);
  }
  return linked;
}

void Topology::FindTree() {
  // The smallest name of our part of the herd, then breadth first from there. Of the servers that
  // are equally far the ones reached first go first, and these are reached in the order of their
  // names: so the order is the same wherever it is computed.
  const auto reach = [this](std::string_view from, auto&& on_reached) {
    std::set<std::string_view> reached{from};
    std::deque<std::string_view> next{from};
    while (!next.empty()) {
      const std::string_view server = next.front();
      next.pop_front();
      for (const std::string_view neighbour : Linked(server)) {
        if (!reached.insert(neighbour).second) continue;
        next.push_back(neighbour);
        on_reached(server, neighbour);
      }
    }
    return reached;
  };
  const std::string_view root = *reach(self_, [](auto, auto) {}).begin();
  tree_.clear();
  reach(root, [this](std::string_view server, std::string_view neighbour) {
    if (server == self_) tree_.emplace(neighbour);
    if (neighbour == self_) tree_.emplace(server);
  });
  for (const std::string& neighbour : servers_.find(self_)->second.entry.neighbours) {
    if (!Tells(neighbour, self_)) tree_.insert(neighbour);
  }
}

}  // namespace herd::flood
