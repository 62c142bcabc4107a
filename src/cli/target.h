#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace herd::cli {

// A server to talk to.
struct Target {
  std::string label;  // its name, or the address as it was given
  server::Endpoint endpoint;
};

// The type name of options and arguments that take a server: help shows it, and the shell completes
// such words with the names of the configuration's servers.
inline constexpr std::string_view kServerTypeName = "SERVER";

// Where a server is talked to.
enum class TargetKind {
  kClients,  // as its clients do
  kAdmin,    // about itself, by HTTP
};

// The targets that `given` (--server, each a name of `config` or HOST:PORT) names; all servers of
// `config` when it is empty: of kAdmin those that have such an address. The error names what is no
// server, or has none.
std::expected<std::vector<Target>, std::string> FindTargets(const server::Config& config,
                                                            const std::vector<std::string>& given,
                                                            TargetKind kind = TargetKind::kClients);

}  // namespace herd::cli
