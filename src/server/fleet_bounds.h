#pragma once

#include "fleet/bounds.h"
#include "server/config.h"
#include "server/memory_limit.h"

namespace herd::server {

// Where limits.fleet_bytes is 0 the fleet may take one part in so many of the process's memory.
// `herd up` runs five servers on one machine: when all are full, with the share of known clients
// (fleet::Bounds::kKnownShare), they take four fifths of it.
inline constexpr std::uint64_t kFleetShare = 8;

// What the configuration lets a server's fleet hold and believe; its clock is the system's.
fleet::Bounds FleetBoundsOf(const Config& config, const MemoryLimit& memory);

}  // namespace herd::server
