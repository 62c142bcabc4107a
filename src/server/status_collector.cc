#include "server/status_collector.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "server/clock.h"

namespace herd::server {
namespace {

void AddLoop(const LoopStats& stats, flood::Instant now, Status& status) {
  status.sessions_opened += stats.sessions.value();
  status.sessions_refused += stats.sessions_refused.value();
  status.http_requests += stats.http_requests.value();
  status.exceptions += stats.exceptions.value();
  status.iamat += stats.iamat.value();
  status.whatsat += stats.whatsat.value();
  status.invalid += stats.invalid.value();
  for (std::size_t i = 0; i < stats.reports.size(); ++i)
    status.reports[i] += stats.reports[i].value();
  for (std::size_t i = 0; i < stats.lookups.size(); ++i)
    status.lookups[i] += stats.lookups[i].value();
  status.lookup_times += stats.lookup_times.counts();
  status.near_times += stats.near_times.counts();
  status.loops.push_back({.delay_last = stats.delay.last(),
                          .delay_max = stats.delay.MaxOfLastMinute(now),
                          .silent_for = stats.delay.SilentFor(now),
                          .delays = stats.delay.counts()});
}

std::optional<JournalStatus> JournalOf(const Node& node) {
  if (!node.journal) return std::nullopt;
  JournalStatus status{.told = node.journal->status()};
  if (const auto since = status.told.failing_since) {
    // Never 0 while it fails, though the clock may have been set back.
    const wire::Int128 nanos = (Now() - *since).nanos;
    status.failing_for =
        std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(nanos, wire::Int128{1})));
  }
  return status;
}

std::optional<DurabilityStatus> DurabilityOf(const Node& node) {
  if (!node.durability) return std::nullopt;
  return DurabilityStatus{.disk = node.config.durability.ack == Acknowledge::kDisk,
                          .peers = node.config.durability.peers,
                          .refuses = node.config.durability.on_timeout == OnTimeout::kRefuse,
                          .counts = node.durability->counts()};
}

}  // namespace

StatusCollector::StatusCollector(const Node& node, const Links& links,
                                 std::vector<const LoopStats*> loops, std::string version)
    : node_(node),
      links_(links),
      loops_(std::move(loops)),
      version_(std::move(version)),
      start_(SteadyNow()) {}

Status StatusCollector::Collect() const {
  const flood::Instant now = SteadyNow();
  Status status{.name = node_.name,
                .herd = node_.config.herd,
                .version = version_,
                .uptime = now - start_,
                .ending = ending_,
                .clients = node_.fleet.size(),
                .digest = node_.fleet.digest(),
                .sessions = node_.admission.connections(),
                .sessions_limit = node_.admission.bounds().connections_max,
                .links = links_.Status(now),
                .clock = {.state = node_.clock.state(), .ahead = node_.clock.ahead()},
                .journal = JournalOf(node_),
                .durability = DurabilityOf(node_),
                .process = process_.Last()};
  for (const LoopStats* loop : loops_) AddLoop(*loop, now, status);
  return status;
}

}  // namespace herd::server
