#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/fleet.h"
#include "wire/time.h"

namespace herd::server {

// What an operator asks for: that no server knows where `client` was up to `time`.
struct ForgetRequest {
  std::string client;                   // an ID as wire has it
  std::optional<wire::UnixNanos> time;  // default: the server's clock
  std::string asked_by;                 // an address, for the log
};

struct Forgotten {
  enum class Outcome {
    kForgotten,  // the fleet holds a tombstone, which is flooded and kept as any row
    kNewer,      // nothing changed: the client's newest report counts as later, at `time`
    kTooLate,    // nothing changed: `time` is the latest that is taken
    kFull,       // nothing changed: the fleet has no room for a tombstone
    kNotOnDisk,  // it is forgotten in memory, and not on the disk that was to be waited for
  };

  Outcome outcome = Outcome::kForgotten;
  std::string tombstone;  // the AT line that the fleet holds; with kForgotten and kNotOnDisk
  bool known = false;     // until now this server knew where the client is
  wire::UnixNanos time;   // with kNewer and kTooLate
  std::string why;        // with kNotOnDisk
  // Whether the tombstone is on the disk, where replies wait for that.
  std::optional<bool> on_disk;
};

// Puts a tombstone of the client into the fleet of `server`, be the client known there or not:
// another server may have a row that has not come here yet. It wins over reports that count as
// earlier than its time, and reports that are later bring the client back.
//
// A tombstone from the future would keep a client away until then, so one is taken only as far
// ahead as a report may count, or as it takes to win over the report that the fleet holds, which a
// server with a wrong clock may have received.
Forgotten Forget(fleet::Fleet& fleet, std::string_view server, const ForgetRequest& request,
                 wire::UnixNanos now);

}  // namespace herd::server
