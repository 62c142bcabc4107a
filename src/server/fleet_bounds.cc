#include "server/fleet_bounds.h"

#include "server/clock.h"

namespace herd::server {

fleet::Bounds FleetBoundsOf(const Config& config, const MemoryLimit& memory) {
  const Limits& limits = config.limits;
  fleet::Bounds bounds{
      .bytes = limits.fleet_bytes != 0 ? limits.fleet_bytes : memory.bytes / kFleetShare,
      .servers = config.former_servers,
      .clock = Now,
      .receipt_ahead = limits.receipt_ahead};
  if (limits.clients != 0) bounds.rows = limits.clients;
  for (const ServerEntry& server : config.servers) bounds.servers.push_back(server.name);
  return bounds;
}

}  // namespace herd::server
