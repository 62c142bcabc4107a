#pragma once

#include <compare>

#include "wire/at.h"
#include "wire/time.h"

namespace herd::fleet {

// The time that a report counts as (protocol.md, "Which report wins"): the client's own, but at
// most ten seconds past the time of receipt, so that a clock that runs ahead freezes nothing.
wire::UnixNanos EffectiveTime(wire::UnixNanos time, wire::UnixNanos receipt);

// The total order of one client's reports: the greater one wins. Every server computes it alike
// from the AT fields alone. `equal` only for the very same report.
std::strong_ordering Compare(const wire::At& a, const wire::At& b);

}  // namespace herd::fleet
