#include "server/config.h"

#include <algorithm>
#include <cstdlib>

namespace herd::server {
namespace {

// A directory of the XDG Base Directory specification: $VARIABLE, or ~/FALLBACK.
std::filesystem::path XdgDir(const char* variable, const char* fallback) {
  if (const char* dir = std::getenv(variable); dir != nullptr && *dir == '/') return dir;
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/") / fallback;
}

}  // namespace

const ServerEntry* Config::Find(std::string_view name) const {
  const auto found = std::ranges::find(servers, name, &ServerEntry::name);
  return found == servers.end() ? nullptr : &*found;
}

std::vector<std::string> Config::NeighboursOf(std::string_view name) const {
  std::vector<std::string> neighbours;
  for (const auto& [a, b] : links) {
    if (a == name) neighbours.push_back(b);
    if (b == name) neighbours.push_back(a);
  }
  return neighbours;
}

Config BuiltInConfig() {
  Config config;
  std::uint16_t offset = 0;
  for (const char* name : {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"}) {
    const auto port = [&](int base) { return static_cast<std::uint16_t>(base + offset); };
    config.servers.push_back({.name = name,
                              .clients = {{"127.0.0.1", port(12000)}},
                              .peers = Endpoint{"127.0.0.1", port(12100)},
                              .peers_listen = std::nullopt,
                              .admin = Endpoint{"127.0.0.1", port(12200)}});
    ++offset;
  }
  config.links = {{"Goloman", "Hands"}, {"Goloman", "Holiday"}, {"Goloman", "Wilkes"},
                  {"Hands", "Wilkes"},  {"Holiday", "Welsh"},   {"Holiday", "Wilkes"}};
  return config;
}

std::filesystem::path DefaultPlacesIndex() {
  return XdgDir("XDG_DATA_HOME", ".local/share") / "herd" / "places.index";
}

std::filesystem::path DefaultSecretFile(const Config& config) {
  return XdgDir("XDG_STATE_HOME", ".local/state") / "herd" / (config.herd + ".secret");
}

}  // namespace herd::server
