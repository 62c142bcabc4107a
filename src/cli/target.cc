#include "cli/target.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "server/nearest_name.h"

namespace herd::cli {
namespace {

// Nothing when it has no address of that kind, or none that can be known beforehand.
std::optional<Target> TargetOf(const server::ServerEntry& server, TargetKind kind) {
  const auto endpoint =
      kind == TargetKind::kAdmin ? server.admin : std::optional(server.clients.front());
  if (!endpoint || (kind == TargetKind::kAdmin && endpoint->port == 0)) return std::nullopt;
  return Target{server.name,
                {endpoint->host == "*" ? "localhost" : endpoint->host, endpoint->port}};
}

}  // namespace

std::expected<std::vector<Target>, std::string> FindTargets(const server::Config& config,
                                                            const std::vector<std::string>& given,
                                                            TargetKind kind) {
  std::vector<Target> targets;
  std::vector<std::string> names;
  for (const server::ServerEntry& server : config.servers) names.push_back(server.name);
  if (given.empty()) {
    for (const server::ServerEntry& server : config.servers) {
      if (auto target = TargetOf(server, kind)) targets.push_back(*std::move(target));
    }
    if (targets.empty())
      return std::unexpected("no server of the configuration has an admin address with a port");
    return targets;
  }
  for (const std::string& text : given) {
    if (const server::ServerEntry* server = config.Find(text)) {
      auto target = TargetOf(*server, kind);
      if (!target) {
        return std::unexpected(fmt::format(
            "{} has no admin address with a port in the configuration; allowed: HOST:PORT", text));
      }
      targets.push_back(*std::move(target));
    } else if (const auto endpoint = server::ParseEndpoint(text); endpoint && endpoint->port != 0) {
      targets.push_back({text, *endpoint});
    } else {
      const auto nearest = server::NearestName(text, names);
      return std::unexpected(fmt::format(
          "there is no server \"{}\"{}; allowed: HOST:PORT or one of {}", text,
          nearest ? fmt::format(", did you mean \"{}\"?", *nearest) : "", fmt::join(names, ", ")));
    }
  }
  return targets;
}

}  // namespace herd::cli
