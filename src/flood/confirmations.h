#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/hash.h"
#include "flood/pace.h"

namespace herd::flood {

// Reports of this server's clients that somebody waits to see confirmed by a number of neighbours:
// each says that it has them, or better ones of the same clients.
//
// They are confirmed in rounds: what is asked for while one goes on is for the next, so that many
// clients share a PING. In a round each link sends the rows of those clients that its flood has not
// brought there, and then its PING: the PONG confirms.
//
// No socket, clock or thread. One thread at a time.
class Confirmations {
 public:
  using Done = std::function<void()>;

  // Nobody waits for longer than `wait_max`. `wake` is called when a round begins: all links are to
  // Flood then.
  Confirmations(std::size_t needed, std::chrono::nanoseconds wait_max, std::function<void()> wake)
      : needed_(needed), wait_max_(wait_max), wake_(std::move(wake)) {}

  // Calls `done` once `needed` neighbours have confirmed the reports of `clients`, which are in the
  // fleet. Never when that does not come in time.
  void Await(const std::vector<fleet::ClientHash>& clients, Instant now, Done done);

  // For the links. The round that goes on; 0 while there is none.
  std::uint64_t round() const { return in_flight_.asked.empty() ? 0 : round_; }
  const std::vector<fleet::ClientHash>& clients() const { return in_flight_.clients; }
  void Confirm(std::uint64_t round, std::string_view neighbour, Instant now);

 private:
  struct Batch {
    std::vector<fleet::ClientHash> clients;
    std::vector<Done> asked;
  };

  const std::size_t needed_;
  const std::chrono::nanoseconds wait_max_;
  const std::function<void()> wake_;
  std::uint64_t round_ = 0;
  Instant began_;
  Batch in_flight_;  // what this round confirms
  Batch next_;
  std::set<std::string, std::less<>> confirmed_;  // by these neighbours

  void BeginRound(Instant now);
};

}  // namespace herd::flood
