#include "flood/confirmations.h"

#include <utility>

namespace herd::flood {

void Confirmations::Await(const std::vector<fleet::ClientHash>& clients, Instant now, Done done) {
  next_.clients.insert(next_.clients.end(), clients.begin(), clients.end());
  next_.asked.push_back(std::move(done));
  // Who asked for a round that old waits no more; and what nobody confirms must not heap up.
  if (round() == 0 || now - began_ >= wait_max_) BeginRound(now);
}

void Confirmations::BeginRound(Instant now) {
  in_flight_ = std::exchange(next_, {});
  if (in_flight_.asked.empty()) return;
  confirmed_.clear();
  ++round_;
  began_ = now;
  wake_();
}

void Confirmations::Confirm(std::uint64_t round, std::string_view neighbour, Instant now) {
  if (round == 0 || round != this->round()) return;
  confirmed_.emplace(neighbour);
  if (confirmed_.size() < needed_) return;
  const std::vector<Done> asked = std::move(in_flight_.asked);
  BeginRound(now);
  for (const Done& done : asked) done();
}

}  // namespace herd::flood
