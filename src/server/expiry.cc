#include "server/expiry.h"

#include <chrono>
#include <utility>

#include "server/clock.h"

namespace herd::server {
namespace {

// One stripe each time: all of them in half a minute.
constexpr std::chrono::milliseconds kStepInterval{500};

// A tombstone is kept so many times longer than a row. A server that was apart for as long as a row
// lives may still bring back reports that are older than the tombstone.
constexpr int kTombstoneLives = 2;

fleet::Horizon HorizonAt(wire::UnixNanos now, std::chrono::nanoseconds expire_after) {
  const auto back = [&](int lives) {
    return (now + wire::Skew{-wire::Int128{expire_after.count()} * lives})
        .value_or(fleet::Horizon{}.rows);
  };
  return {.rows = back(1), .tombstones = back(kTombstoneLives)};
}

}  // namespace

using State = journal::ClockGuard::State;

Expiry::Expiry(net::Loop& loop, Node& node) : node_(node), timer_(loop.context()) {}

void Expiry::Start() {
  if (node_.config.expire_after == std::chrono::seconds::zero()) return;
  Step();
}

void Expiry::Step() {
  const wire::UnixNanos wall = Now();
  const auto steady = journal::SteadyTime();
  const auto clock = node_.clock.Look(wall, steady);
  node_.fleet.SetHorizon(
      HorizonAt(node_.clock.ExpiryTime(wall, steady), node_.config.expire_after));
  TellOfClock(clock);
  node_.fleet.DropExpired(next_stripe_);
  next_stripe_ = (next_stripe_ + 1) % fleet::Fleet::kStripes;
  timer_.expires_after(kStepInterval);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Step();
  });
}

// The journal tells of one that is ahead at its start.
void Expiry::TellOfClock(State now) {
  const State before = std::exchange(clock_, now);
  if (now == before) return;
  if (now == State::kJumped) {
    node_.log->error(
        "the clock has jumped ahead by {} s: no row expires by it until it is confirmed by a start "
        "with --clock-confirmed, or set right",
        std::chrono::duration_cast<std::chrono::seconds>(node_.clock.ahead()).count());
  }
  if (now != State::kBelieved) return;
  node_.log->warn("the clock is believed again, and rows expire by it");
  if (node_.journal) node_.journal->TakeHeldBack();
}

}  // namespace herd::server
