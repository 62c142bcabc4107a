#include "fleet/order.h"

#include <algorithm>
#include <tuple>

namespace herd::fleet {

wire::UnixNanos EffectiveTime(wire::UnixNanos time, wire::UnixNanos receipt) {
  // A bound that does not fit lies past every time that does.
  return std::min(time, (receipt + kAheadMax).value_or(time));
}

std::strong_ordering Compare(const wire::At& a, const wire::At& b) {
  // string_view compares bytes as unsigned (std::char_traits<char>::lt).
  return std::make_tuple(EffectiveTime(a.time, a.receipt), a.server, a.skew_text, a.location_text,
                         a.time_text) <=> std::make_tuple(EffectiveTime(b.time, b.receipt),
                                                          b.server, b.skew_text, b.location_text,
                                                          b.time_text);
}

}  // namespace herd::fleet
