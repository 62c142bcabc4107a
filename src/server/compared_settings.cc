#include "server/compared_settings.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace herd::server {
namespace {

// "5:0123456789abcdef", how many they are and a hash of them all.
std::string ServersOf(const Config& config, const flood::Secret& secret) {
  constexpr std::size_t kHashDigits = 16;
  std::vector<std::string_view> parts;
  for (const ServerEntry& server : config.servers) parts.push_back(server.name);
  std::ranges::sort(parts);
  parts.insert(parts.begin(), "herd-servers");
  return std::to_string(config.servers.size()) + ":" + secret.Mac(parts).substr(0, kHashDigits);
}

}  // namespace

std::vector<flood::Setting> ComparedSettings(const Config& config, const flood::Secret& secret) {
  // One line for each; docs/configuration.md says of each that it must be the same everywhere.
  return {{"fleet.expire_after_s", std::to_string(config.expire_after.count())},
          {"servers", ServersOf(config, secret)}};
}

}  // namespace herd::server
