#include "server/config_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <set>
#include <utility>

#include "server/nearest_name.h"

namespace herd::server {
namespace {

constexpr std::size_t kServersMax = 1000;

std::string OnLine(std::uint32_t line) {
  return line == 0 ? "" : fmt::format(" (line {})", line);
}

void CheckNames(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  std::map<std::string_view, std::uint32_t> seen;
  for (std::size_t i = 0; i < config.servers.size(); ++i) {
    const std::string& name = config.servers[i].name;
    if (name.empty()) continue;
    const auto [first, is_new] = seen.emplace(name, lines.servers[i]);
    if (is_new) continue;
    complaints.Add(lines.servers[i],
                   fmt::format("server.name: another server is called \"{}\" already{}; allowed: a "
                               "name for each server",
                               name, OnLine(first->second)));
  }
}

void CheckFormerServers(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  for (const std::string& name : config.former_servers) {
    if (config.Find(name) == nullptr) continue;
    complaints.Add(
        lines.Of("former_servers"),
        fmt::format("former_servers: there is a server \"{}\"; allowed: names of servers "
                    "that the herd has no more",
                    name));
  }
}

std::string ServerNames(const Config& config) {
  std::string names;
  for (const ServerEntry& server : config.servers) {
    names += (names.empty() ? "" : ", ") + server.name;
  }
  return names;
}

void CheckLinks(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  std::vector<std::string> names;
  for (const ServerEntry& server : config.servers) names.push_back(server.name);
  std::map<std::pair<std::string_view, std::string_view>, std::uint32_t> seen;
  std::set<std::string_view> lacking;
  for (std::size_t i = 0; i < config.links.size() && !complaints.IsFull(); ++i) {
    const auto& [a, b] = config.links[i];
    const std::uint32_t line = lines.links[i];
    for (const std::string& name : {a, b}) {
      if (config.Find(name) != nullptr) continue;
      const auto nearest = NearestName(name, names);
      complaints.Add(line,
                     fmt::format("links: there is no server \"{}\"{}; allowed: {}", name,
                                 nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "",
                                 ServerNames(config)));
    }
    if (a == b) {
      complaints.Add(line,
                     fmt::format("links: \"{}\" is linked with itself; allowed: two servers", a));
      continue;
    }
    const auto [first, is_new] = seen.emplace(std::minmax<std::string_view>(a, b), line);
    if (!is_new) {
      complaints.Add(line,
                     fmt::format("links: \"{}\" and \"{}\" are linked already{}; allowed: each "
                                 "link once, whichever name comes first",
                                 a, b, OnLine(first->second)));
    }
    lacking.insert({a, b});
  }
  for (std::size_t i = 0; i < config.servers.size(); ++i) {
    const ServerEntry& server = config.servers[i];
    if (server.peers || !lacking.contains(server.name)) continue;
    complaints.Add(lines.servers[i],
                   fmt::format("server.peers: \"{}\" has links, so its neighbours need an "
                               "address to reach it; allowed: \"HOST:PORT\"",
                               server.name));
  }
}

// An address in use.
struct Use {
  Endpoint endpoint;
  std::size_t server = 0;
  std::string_view key;  // "clients", "peers", "admin"
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Two servers may both listen on "*:PORT", since they may be on two machines; one cannot do so
// twice.
bool Clash(const Use& a, const Use& b) {
  if (a.endpoint.port != b.endpoint.port || a.endpoint.port == 0) return false;
  const bool same_server = a.server == b.server;
  // `peers` and `peers_listen` may be the same port of one machine.
  if (same_server && a.key == "peers" && b.key == "peers") return false;
  const bool any = a.endpoint.host == "*" || b.endpoint.host == "*";
  if (any) return same_server;
  return Lower(a.endpoint.host) == Lower(b.endpoint.host);
}

void CheckAddresses(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  std::vector<Use> uses;
  const auto add = [&](const Use& use) {
    const auto other =
        std::ranges::find_if(uses, [&](const Use& earlier) { return Clash(earlier, use); });
    if (other != uses.end()) {
      complaints.Add(
          lines.servers[use.server],
          fmt::format("server.{}: \"{}\" of \"{}\" is taken by {} of \"{}\"{}; allowed: an "
                      "address and port for each",
                      use.key, ToString(use.endpoint), config.servers[use.server].name, other->key,
                      config.servers[other->server].name, OnLine(lines.servers[other->server])));
    }
    uses.push_back(use);
  };
  for (std::size_t i = 0; i < config.servers.size(); ++i) {
    const ServerEntry& server = config.servers[i];
    for (const Endpoint& endpoint : server.clients) add({endpoint, i, "clients"});
    if (server.peers) add({*server.peers, i, "peers"});
    if (server.peers_listen && server.peers_listen != server.peers)
      add({*server.peers_listen, i, "peers"});
    if (server.admin) add({*server.admin, i, "admin"});
  }
}

void CheckTimes(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  const LinkSettings& link = config.link;
  if (link.silence_max < 2 * link.heartbeat) {
    complaints.Add(lines.Of("link.silence_ms"),
                   fmt::format("link.silence_ms: {} is less than two heartbeats, so that one late "
                               "heartbeat would lose a neighbour; allowed: at least {}",
                               link.silence_max.count(), 2 * link.heartbeat.count()));
  }
  if (link.retry_delay_max < link.retry_delay_min) {
    complaints.Add(lines.Of("link.retry_delay_ms_max"),
                   fmt::format("link.retry_delay_ms_max: {} is less than link.retry_delay_ms_min; "
                               "allowed: at least {}",
                               link.retry_delay_max.count(), link.retry_delay_min.count()));
  }
}

// Or a client that reads slowly is closed, though nothing of its is to be lost.
void CheckBuffers(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  constexpr std::size_t kGreediest = 4;  // of a thread
  const Limits& limits = config.limits;
  // Of its socket both directions count, each twice (net/buffers.h).
  const std::size_t most = limits.output_bytes + 4 * limits.socket_bytes;
  if (limits.buffers_bytes / config.threads / kGreediest >= most) return;
  complaints.Add(lines.Of("limits.buffers_bytes"),
                 fmt::format("limits.buffers_bytes: {} has no room for four connections of each "
                             "thread that hold the most they may, {} each; allowed: at least {}",
                             limits.buffers_bytes, most, kGreediest * most * config.threads));
}

void CheckDurability(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  const DurabilitySettings& durability = config.durability;
  if (durability.ack == Acknowledge::kDisk && config.journal.directory.empty()) {
    complaints.Add(lines.Of("durability.ack"),
                   "durability.ack: \"disk\" needs a journal, and journal.directory is empty; "
                   "allowed: \"disk\" with a journal.directory, or \"memory\"");
  }
  if (durability.ack != Acknowledge::kPeers) return;
  for (const ServerEntry& server : config.servers) {
    const std::size_t neighbours = config.NeighboursOf(server.name).size();
    if (neighbours >= durability.peers) continue;
    complaints.Add(lines.Of("durability.ack"),
                   fmt::format("durability.ack: \"peers:{}\" can never be had at \"{}\", which has "
                               "{} neighbours; allowed: no more than each server has",
                               durability.peers, server.name, neighbours));
  }
}

}  // namespace

void Complaints::Add(std::uint32_t line, std::string text) {
  if (!IsFull()) complaints_.push_back({line, std::move(text)});
}

std::string Complaints::Text(std::string_view file) const {
  std::vector<Complaint> sorted = complaints_;
  std::ranges::stable_sort(sorted, {}, &Complaint::line);
  std::string text;
  for (const Complaint& complaint : sorted) {
    if (!text.empty()) text += '\n';
    text += complaint.line == 0 ? fmt::format("{}: {}", file, complaint.text)
                                : fmt::format("{}:{}: {}", file, complaint.line, complaint.text);
  }
  if (IsFull()) text += fmt::format("\n{}: there may be more", file);
  return text;
}

std::uint32_t ConfigLines::Of(std::string_view key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? 0 : found->second;
}

void CheckConfig(const Config& config, const ConfigLines& lines, Complaints& complaints) {
  // The checks below compare servers with each other.
  if (config.servers.size() > kServersMax) {
    complaints.Add(0, fmt::format("server: {} servers; allowed: up to {}", config.servers.size(),
                                  kServersMax));
    return;
  }
  CheckNames(config, lines, complaints);
  CheckFormerServers(config, lines, complaints);
  CheckLinks(config, lines, complaints);
  CheckAddresses(config, lines, complaints);
  CheckTimes(config, lines, complaints);
  CheckBuffers(config, lines, complaints);
  CheckDurability(config, lines, complaints);
}

}  // namespace herd::server
