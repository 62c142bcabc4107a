#include "flood/link.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace herd::flood {

Link::Link(fleet::Fleet& fleet, fleet::LinkId id, LinkTiming timing, Instant now,
           std::function<void()> wake)
    : fleet_(fleet),
      id_(id),
      timing_(timing),
      last_heard_(now),
      last_ping_(now),
      follower_(fleet, std::move(wake)) {}

std::expected<void, Link::End> Link::Receive(std::string_view line, Instant now, std::string& out) {
  last_heard_ = now;
  const Message message = ParseMessage(line);
  if (const auto* at = std::get_if<wire::At>(&message)) {
    Take(*at);
  } else if (const auto* ping = std::get_if<Ping>(&message)) {
    Append(out, Pong{ping->number});
  } else if (const auto* pong = std::get_if<Pong>(&message)) {
    if (pong->number == ping_number_) round_trip_ = now - last_ping_;
  } else if (std::holds_alternative<Bye>(message)) {
    return std::unexpected(End::kBye);
  } else {
    // One bad row must not cost the link, and with it every good one.
    ++counters_.messages_unknown;
  }
  return {};
}

void Link::Take(const wire::At& at) {
  ++counters_.rows_in;
  switch (fleet_.Apply(at, id_)) {
    case fleet::Applied::kStored:
    case fleet::Applied::kExpired:
      break;
    case fleet::Applied::kKnown:
      ++counters_.rows_in_known;
      break;
    case fleet::Applied::kOlder:
      ++counters_.rows_in_older;
      break;
  }
}

std::expected<void, Link::End> Link::Tick(Instant now, std::string& out) {
  if (now - last_heard_ >= timing_.silence_max) return std::unexpected(End::kSilent);
  if (now - last_ping_ >= timing_.heartbeat) {
    last_ping_ = now;
    Append(out, Ping{++ping_number_});
  }
  return {};
}

Instant Link::next_tick() const {
  return std::min(last_heard_ + timing_.silence_max, last_ping_ + timing_.heartbeat);
}

void Link::Flood(std::string& out, std::size_t bytes_max) {
  if (out.size() >= bytes_max) return;
  follower_.Read([&](const fleet::Row& row) {
    if (row.from() == id_) return true;
    AppendAtLine(out, row.at_line());
    ++counters_.rows_out;
    return out.size() < bytes_max;
  });
}

}  // namespace herd::flood
