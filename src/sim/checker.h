#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet.h"
#include "sim/rows.h"
#include "wire/at.h"

namespace herd::sim {

// The trivial model that a herd is held against: every report that any server ever took, in one
// place, and what the clients were told.
class Checker {
 public:
  // What a run may cost.
  enum class Losses {
    kNone,     // nothing: no server lost what it knew
    kUnacked,  // reports that were not acknowledged: servers crashed, and acknowledged from disk
    kAny,      // also acknowledged ones: servers crashed that acknowledged from memory
  };

  // With `expiry` rows may expire during the run: then an older one may come to light again.
  explicit Checker(bool expiry) : expiry_(expiry) {}

  // A server took a report of a client, or forgot one.
  void Took(const wire::At& at);
  // The client was told so.
  void Acknowledged(std::string_view at_line);
  // The client was told so, and that it is on the server's disk.
  void AcknowledgedFromDisk(std::size_t server, std::string_view at_line);

  // A server's disk has this row for certain.
  void Synced(std::size_t server, std::string_view at_line);
  // What was on a server's disk is gone.
  void LostDisk(std::size_t server) { disks_.erase(server); }

  // A server has this row now. It never goes back while the server lives.
  void Saw(std::size_t server, std::string_view at_line);
  // A server has started again, and has all that was on its disk.
  void Restarted(std::size_t server, const fleet::Fleet& fleet);

  // The herd has come to rest: all of `fleets` must be alike and hold what they must.
  void Check(const std::vector<const fleet::Fleet*>& fleets, Losses losses);

  // A server has rested for so long that its whole fleet must be on its disk.
  void CheckDisk(std::size_t server, const fleet::Fleet& fleet, const Rows& on_disk);

  void Fail(std::string what);
  const std::vector<std::string>& violations() const { return violations_; }
  std::size_t reports() const { return took_.size(); }

 private:
  // What a server's disk must have, unless it is lost.
  struct Disk {
    Rows acknowledged;
    Rows synced;
  };

  const bool expiry_;
  std::set<std::string, std::less<>> took_;
  Rows greatest_;
  Rows greatest_acknowledged_;
  std::map<std::size_t, Rows> seen_;
  std::map<std::size_t, Disk> disks_;
  bool acknowledged_early_ = false;
  std::vector<std::string> violations_;

  void Expect(const Rows& due, const fleet::Fleet& fleet, const std::string& if_not);
};

}  // namespace herd::sim
