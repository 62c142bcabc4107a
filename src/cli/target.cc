#include "cli/target.h"

#include <fmt/format.h>

#include "server/nearest_name.h"

namespace herd::cli {
namespace {

Target TargetOf(const server::ServerEntry& server) {
  Target target{server.name, server.clients.front()};
  if (target.endpoint.host == "*") target.endpoint.host = "localhost";
  return target;
}

}  // namespace

std::expected<std::vector<Target>, std::string> FindTargets(const server::Config& config,
                                                            const std::vector<std::string>& given) {
  std::vector<Target> targets;
  std::vector<std::string> names;
  for (const server::ServerEntry& server : config.servers) names.push_back(server.name);
  if (given.empty()) {
    for (const server::ServerEntry& server : config.servers) targets.push_back(TargetOf(server));
    return targets;
  }
  for (const std::string& text : given) {
    if (const server::ServerEntry* server = config.Find(text)) {
      targets.push_back(TargetOf(*server));
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
