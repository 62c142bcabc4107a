#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "net/loop.h"
#include "server/links.h"
#include "server/node.h"

namespace herd::server {

// Says in the log when the fleet fills up and when neighbours send rows that are not taken, and
// lets the fleet follow the clock. On the first loop's thread.
class FleetWatch {
 public:
  // `node` and `links` outlive it.
  FleetWatch(net::Loop& loop, Node& node, const Links& links);

  void Start();

 private:
  enum class Fill { kRoom, kNearlyFull, kFull };

  // Of one neighbour, as its counters stood when it was last spoken of.
  struct Refused {
    std::uint64_t full = 0;
    std::uint64_t ahead = 0;
    std::uint64_t unknown_servers = 0;

    friend bool operator==(const Refused&, const Refused&) = default;
  };

  Node& node_;
  const Links& links_;
  net::Timer timer_;
  Fill fill_ = Fill::kRoom;
  std::uint64_t steps_ = 0;
  std::map<std::string, Refused> refused_;  // by neighbour

  void Step();
  void LookAtFill();
  void LookAtLinks();
};

}  // namespace herd::server
