#include "server/forget.h"

#include <algorithm>

#include "fleet/hash.h"
#include "fleet/order.h"
#include "fleet/row.h"
#include "wire/at.h"

namespace herd::server {
namespace {

struct Held {
  std::string at_line;
  wire::UnixNanos effective_time;
  wire::UnixNanos receipt;
  bool forgotten = false;
};

// The client's row, be it a tombstone.
std::optional<Held> RowOf(const fleet::Fleet& fleet, std::string_view client) {
  std::optional<Held> held;
  fleet.FindRow(fleet::HashClient(fleet.key(), client), [&](const fleet::Row& row) {
    held = {.at_line = row.at_line(),
            .effective_time = row.effective_time(),
            .receipt = row.receipt(),
            .forgotten = row.forgotten()};
  });
  return held;
}

// Just past a time; the time itself where there is nothing past it.
wire::UnixNanos After(wire::UnixNanos time) {
  return (time + wire::Skew{1}).value_or(time);
}

wire::UnixNanos LatestTime(const fleet::Fleet& fleet, wire::UnixNanos now,
                           const std::optional<Held>& held) {
  const wire::UnixNanos ahead = (now + fleet::kAheadMax).value_or(now);
  // One from the future loses against anything.
  return held && !fleet.IsAhead(held->receipt) ? std::max(ahead, After(held->effective_time))
                                               : ahead;
}

}  // namespace

Forgotten Forget(fleet::Fleet& fleet, std::string_view server, const ForgetRequest& request,
                 wire::UnixNanos now) {
  // One that has expired and is still there would win unseen over a tombstone for an early time.
  const fleet::ClientHash client = fleet::HashClient(fleet.key(), request.client);
  fleet.DropExpired(fleet::RangeOf(client));
  const std::optional<Held> before = RowOf(fleet, request.client);
  const wire::UnixNanos time = request.time.value_or(now);
  const wire::UnixNanos latest = LatestTime(fleet, now, before);
  if (time > latest) return {.outcome = Forgotten::Outcome::kTooLate, .time = latest};
  // A tombstone expires by its receipt, which is now, whatever time it is for: so it outlives all
  // that it wins over. Where it is for later than a receipt of now allows, so was what it wins over
  // received, and the fleet has it received later still.
  wire::ForgetTexts texts;
  wire::At tombstone;
  Forgotten forgotten{.known = before && !before->forgotten};
  switch (fleet.Report(client, now, [&](wire::UnixNanos receipt) {
    return tombstone = wire::MakeForget(request.client, server, time, receipt, texts);
  })) {
    case fleet::Applied::kStored:
    case fleet::Applied::kKnown:
      wire::AppendAt(forgotten.tombstone, tombstone);
      return forgotten;
    case fleet::Applied::kFull:
      return {.outcome = Forgotten::Outcome::kFull};
    case fleet::Applied::kOlder:
      break;
    case fleet::Applied::kExpired:
    case fleet::Applied::kAhead:
    case fleet::Applied::kUnknownServer:
      // The clock has been set back by more than tombstones live; the horizon will follow.
      return {.outcome = Forgotten::Outcome::kTooLate, .time = latest};
  }
  // Read anew: a report may have come in between.
  const std::optional<Held> newer = RowOf(fleet, request.client);
  if (!newer || !newer->forgotten) {
    return {.outcome = Forgotten::Outcome::kNewer,
            .time = After(newer ? newer->effective_time : time)};
  }
  // It has been forgotten as of later already.
  forgotten.tombstone = newer->at_line;
  return forgotten;
}

}  // namespace herd::server
