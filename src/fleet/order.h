#pragma once

#include <compare>

#include "wire/at.h"
#include "wire/time.h"

namespace herd::fleet {

// So far past its time of receipt a report may count at most, so that a clock that runs ahead
// freezes nothing.
inline constexpr wire::Skew kAheadMax{10'000'000'000};

// The time that a report counts as (protocol.md, "Which report wins"): the client's own, but at
// most kAheadMax past the time of receipt.
wire::UnixNanos EffectiveTime(wire::UnixNanos time, wire::UnixNanos receipt);

// The total order of one client's reports: the greater one wins. Every server computes it alike
// from the AT fields alone. `equal` only for the very same report.
std::strong_ordering Compare(const wire::At& a, const wire::At& b);

}  // namespace herd::fleet
