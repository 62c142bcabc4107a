#include "server/fleet_watch.h"

#include <chrono>
#include <utility>

#include "server/clock.h"

namespace herd::server {
namespace {

// So soon a clock that is set back is noticed.
constexpr std::chrono::milliseconds kStepInterval{500};

// Neighbours' rows that are not taken are spoken of once in so many steps.
constexpr std::uint64_t kStepsPerLine = 20;

// Nearly full is from here on, in percent; packaging/alerts.yml has the same.
constexpr std::size_t kNearlyFullPercent = 90;

std::size_t Percent(std::size_t part, std::size_t whole) {
  return static_cast<std::size_t>(100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

FleetWatch::FleetWatch(net::Loop& loop, Node& node, const Links& links)
    : node_(node), links_(links), timer_(loop.context()) {}

void FleetWatch::Start() {
  Step();
}

void FleetWatch::Step() {
  node_.fleet.FollowClock();
  LookAtFill();
  if (++steps_ % kStepsPerLine == 0) LookAtLinks();
  timer_.expires_after(kStepInterval);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Step();
  });
}

void FleetWatch::LookAtFill() {
  const fleet::Usage usage = node_.fleet.usage();
  const fleet::Bounds& bounds = node_.fleet.bounds();
  const std::size_t percent =
      std::max(Percent(usage.rows, bounds.rows), Percent(usage.bytes, bounds.bytes));
  const Fill fill = node_.fleet.full()              ? Fill::kFull
                    : percent >= kNearlyFullPercent ? Fill::kNearlyFull
                                                    : Fill::kRoom;
  // One row more or less is no news.
  if (fill == fill_ || (fill == Fill::kNearlyFull && fill_ == Fill::kFull)) return;
  fill_ = fill;
  switch (fill) {
    case Fill::kRoom:
      node_.log->info("the fleet has room again: {} clients, {} bytes", usage.rows, usage.bytes);
      break;
    case Fill::kNearlyFull:
      node_.log->warn(
          "the fleet is nearly full: {} clients, {} bytes of {}; when it is, new clients are "
          "answered with ? (limits.clients, limits.fleet_bytes)",
          usage.rows, usage.bytes, bounds.bytes);
      break;
    case Fill::kFull:
      node_.log->error(
          "the fleet is full: {} clients, {} bytes of {}; new clients are answered with ? "
          "(limits.clients, limits.fleet_bytes)",
          usage.rows, usage.bytes, bounds.bytes);
      break;
  }
}

void FleetWatch::LookAtLinks() {
  for (const LinkStatus& link : links_.Status(SteadyNow())) {
    const Refused now{.full = link.counters.rows_in_full,
                      .ahead = link.counters.rows_in_ahead,
                      .unknown_servers = link.counters.rows_in_unknown_servers};
    const Refused before = std::exchange(refused_[link.neighbour], now);
    if (now == before) continue;
    node_.log->warn(
        "rows of {} were not taken: {} since the fleet is full, {} received further ahead of this "
        "clock than limits.receipt_ahead_s, {} by servers that are neither in [[server]] nor in "
        "former_servers",
        link.neighbour, now.full - before.full, now.ahead - before.ahead,
        now.unknown_servers - before.unknown_servers);
  }
}

}  // namespace herd::server
