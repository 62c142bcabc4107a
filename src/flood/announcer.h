#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "fleet/hash.h"
#include "fleet/row.h"
#include "flood/message.h"
#include "flood/pace.h"

namespace herd::flood {

// What is announced of a row of a client of that hash.
Announced AnnouncementOf(const fleet::HashKey& key, fleet::ClientHash client,
                         const fleet::Row& row);

// Tells a neighbour of the rows that others are to bring it: ten times in each heartbeat of those
// that were added since, in pieces, so that rows that are sent never wait long behind them.
class Announcer {
 public:
  Announcer(std::chrono::nanoseconds heartbeat, Instant now)
      : heartbeat_(heartbeat), next_(now), last_(now - heartbeat) {}

  void Add(const Announced& row) { added_.push_back(row); }

  // Whether Announce would do anything.
  bool due(Instant now) const { return now >= next_ && (at_work() || !added_.empty()); }

  // Appends a piece, if it is due: until `out` is `bytes_max` long, but 10 KiB in any case, so that
  // no other traffic keeps rows from being announced. Returns how many rows it is.
  std::size_t Announce(Instant now, std::string& out, std::size_t bytes_max);

  // Whether there are pieces left, the next of them due at next().
  bool at_work() const { return begun_ < announcing_.size(); }
  Instant next() const { return next_; }

  // When anything was announced last.
  Instant last() const { return last_; }

 private:
  const std::chrono::nanoseconds heartbeat_;
  std::vector<Announced> added_;
  std::vector<Announced> announcing_;  // the first begun_ of them are done
  std::size_t begun_ = 0;
  Instant next_round_;
  Instant next_;
  Instant last_;
};

}  // namespace herd::flood
