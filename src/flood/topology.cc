#include "flood/topology.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace herd::flood {

namespace {

std::uint64_t IncarnationAt(wire::UnixNanos time) {
  return static_cast<std::uint64_t>(std::max(time.value, std::int64_t{0}));
}

}  // namespace

Topology::Topology(std::string self, const Plan& plan, wire::UnixNanos started)
    : self_(std::move(self)) {
  for (const auto& [server, neighbours] : plan) servers_[server].allowed = neighbours;
  servers_[self_].entry.version = {.incarnation = IncarnationAt(started), .number = 1};
  Changed(servers_[self_]);
}

void Topology::Up(std::string_view neighbour) {
  Known& own = servers_.find(self_)->second;
  if (!own.entry.neighbours.emplace(neighbour).second) return;
  ++own.entry.version.number;
  Changed(own);
}

void Topology::Down(std::string_view neighbour) {
  Known& own = servers_.find(self_)->second;
  const auto found = own.entry.neighbours.find(neighbour);
  if (found == own.entry.neighbours.end()) return;
  own.entry.neighbours.erase(found);
  ++own.entry.version.number;
  Changed(own);
}

bool Topology::Take(std::string_view server, const LinksVersion& version,
                    const std::vector<std::string_view>& neighbours, wire::UnixNanos now) {
  const auto found = servers_.find(server);
  if (found == servers_.end()) return false;
  const auto ahead_max = std::chrono::nanoseconds(kIncarnationAheadMax).count();
  if (version.incarnation > IncarnationAt(now) + static_cast<std::uint64_t>(ahead_max))
    return false;
  Known& known = found->second;
  Names believed;
  for (const std::string_view neighbour : neighbours) {
    if (known.allowed.contains(neighbour)) believed.emplace(neighbour);
  }
  const bool all_believed = believed.size() == neighbours.size();
  if (server == self_) {
    if (version < known.entry.version) return all_believed;
    if (version == known.entry.version && believed == known.entry.neighbours) return all_believed;
    // A new incarnation, as the number may be the last there is.
    known.entry.version = {.incarnation = version.incarnation + 1, .number = 1};
  } else {
    if (version <= known.entry.version) return all_believed;
    known.entry = {version, std::move(believed)};
  }
  Changed(known);
  return all_believed;
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
  forwards_.clear();
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

bool Topology::Forwards(std::string_view origin, std::string_view neighbour) const {
  if (!Tells(neighbour, self_)) return true;
  // All origins that are not in the configuration have one tree.
  const std::string_view known = servers_.contains(origin) ? origin : std::string_view();
  auto found = forwards_.find(known);
  if (found == forwards_.end()) found = forwards_.emplace(known, FindForwards(known)).first;
  return found->second.contains(neighbour);
}

Topology::Names Topology::FindForwards(std::string_view origin) const {
  // Breadth first. Of the servers that are equally far the ones reached first go first, and these
  // are reached in the order of their names: so the order is the same wherever it is computed.
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
  const auto part = reach(self_, [](auto, auto) {});
  Names forwards;
  reach(part.contains(origin) ? origin : *part.begin(),
        [&](std::string_view server, std::string_view neighbour) {
          if (server == self_) forwards.emplace(neighbour);
        });
  // Where the origin is unknown rows may come from anywhere: the tree is for both directions.
  if (!part.contains(origin)) {
    reach(*part.begin(), [&](std::string_view server, std::string_view neighbour) {
      if (neighbour == self_) forwards.emplace(server);
    });
  }
  return forwards;
}

}  // namespace herd::flood
