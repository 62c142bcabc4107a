#pragma once

#include <cstddef>

#include "net/loop.h"
#include "server/node.h"

namespace herd::server {

// Lets rows expire: moves the fleet's horizon with the clock, as far as that is believed, and drops
// what has expired, a stripe at a time, so that nobody waits long for a stripe. On the loop's
// thread.
class Expiry {
 public:
  // `node` outlives it.
  Expiry(net::Loop& loop, Node& node);

  // Sets the horizon and goes on doing so, unless rows never expire.
  void Start();

 private:
  Node& node_;
  net::Timer timer_;
  std::size_t next_stripe_ = 0;
  journal::ClockGuard::State clock_ = journal::ClockGuard::State::kBelieved;  // as it was told last

  void Step();
  void TellOfClock(journal::ClockGuard::State now);
};

}  // namespace herd::server
