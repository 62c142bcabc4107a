#include "flood/topology.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace herd::flood {

namespace {

std::uint64_t IncarnationAt(wire::UnixNanos time) {
  return static_cast<std::uint64_t>(std::max(time.value, std::int64_t{0}));
}

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();  // no server's number

// From which server each is reached first, breadth first; `root` and those that are not reached
// from none. Of the servers that are equally far the ones reached first go first, and these are
// reached in the order of their names: so the tree is the same wherever it is computed.
std::vector<std::size_t> FindTree(const std::vector<std::vector<std::size_t>>& linked,
                                  std::size_t root) {
  std::vector<std::size_t> from(linked.size(), kNone);
  std::vector<std::size_t> reached{root};
  for (std::size_t next = 0; next < reached.size() && reached.size() < linked.size(); ++next) {
    const std::size_t server = reached[next];
    for (const std::size_t neighbour : linked[server]) {
      if (neighbour == root || from[neighbour] != kNone) continue;
      from[neighbour] = server;
      reached.push_back(neighbour);
    }
  }
  return from;
}

}  // namespace

Topology::Topology(std::string self, const Plan& plan, wire::UnixNanos started)
    : self_(std::move(self)) {
  for (const auto& [server, neighbours] : plan) servers_[server].allowed = neighbours;
  Known& own = servers_[self_];
  Number number = 0;
  for (auto& [server, known] : servers_) known.number = number++;
  own_ = own.number;
  tells_.resize(servers_.size());
  own.entry.version = {.incarnation = IncarnationAt(started), .number = 1};
  Changed(own);
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
  Numbers& tells = tells_[known.number];
  tells.clear();
  for (const std::string& neighbour : known.entry.neighbours) {
    const auto found = servers_.find(neighbour);
    if (found != servers_.end()) tells.push_back(found->second.number);
  }
  trees_.reset();
}

bool Topology::Tells(Number server, Number neighbour) const {
  return std::ranges::binary_search(tells_[server], neighbour);
}

bool Topology::Forwards(std::string_view origin, std::string_view neighbour) const {
  const auto to = servers_.find(neighbour);
  if (to == servers_.end() || !Tells(to->second.number, own_)) return true;
  if (!trees_) trees_ = FindTrees();
  const auto from = servers_.find(origin);
  std::optional<Number> joined;
  if (from != servers_.end() && trees_->joined[from->second.number]) joined = from->second.number;
  auto& forwards = trees_->forwards[joined.value_or(servers_.size())];
  if (!forwards) forwards = FindForwards(joined);
  return (*forwards)[to->second.number];
}

Topology::Trees Topology::FindTrees() const {
  const std::size_t count = servers_.size();
  Trees trees;
  trees.linked.resize(count);
  for (Number server = 0; server < count; ++server) {
    for (const Number neighbour : tells_[server]) {
      if (Tells(neighbour, server)) trees.linked[server].push_back(neighbour);
    }
  }
  const Numbers tree = FindTree(trees.linked, own_);
  for (Number server = 0; server < count; ++server)
    trees.joined.push_back(server == own_ || tree[server] != kNone);
  trees.forwards.resize(count + 1);
  return trees;
}

// Without an origin the rows may come from anywhere: the tree is for both directions.
std::vector<bool> Topology::FindForwards(std::optional<Number> origin) const {
  const auto smallest = std::ranges::find(trees_->joined, true) - trees_->joined.begin();
  const Numbers tree = FindTree(trees_->linked, origin.value_or(static_cast<Number>(smallest)));
  std::vector<bool> forwards(servers_.size());
  for (const Number neighbour : trees_->linked[own_])
    forwards[neighbour] = tree[neighbour] == own_ || (!origin && tree[own_] == neighbour);
  return forwards;
}

}  // namespace herd::flood
