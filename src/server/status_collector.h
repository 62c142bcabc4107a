#pragma once

#include <string>
#include <vector>

#include "flood/link.h"
#include "server/links.h"
#include "server/loop_stats.h"
#include "server/node.h"
#include "server/process_meter.h"
#include "server/status.h"

namespace herd::server {

// Gathers what the parts of one server know of themselves. On the thread of the links. All that is
// passed outlives it.
class StatusCollector {
 public:
  StatusCollector(const Node& node, const Links& links, std::vector<const LoopStats*> loops,
                  std::string version);

  // Takes each stripe's lock of the fleet, and the journal's, for about a microsecond each.
  Status Collect() const;

  // The server ends: it is not ready any more.
  void SetEnding() { ending_ = true; }

 private:
  const Node& node_;
  const Links& links_;
  const std::vector<const LoopStats*> loops_;
  const std::string version_;
  const flood::Instant start_;
  ProcessMeter process_;
  bool ending_ = false;
};

}  // namespace herd::server
