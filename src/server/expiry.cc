#include "server/expiry.h"

#include <chrono>

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

Expiry::Expiry(net::Loop& loop, Node& node) : node_(node), timer_(loop.context()) {}

void Expiry::Start() {
  if (node_.config.expire_after == std::chrono::seconds::zero()) return;
  Step();
}

void Expiry::Step() {
  node_.fleet.SetHorizon(HorizonAt(Now(), node_.config.expire_after));
  node_.fleet.DropExpired(next_stripe_);
  next_stripe_ = (next_stripe_ + 1) % fleet::Fleet::kStripes;
  timer_.expires_after(kStepInterval);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Step();
  });
}

}  // namespace herd::server
