// The neighbour's side: any bytes as what a stranger says in the handshake, in either role, and as
// what a proved neighbour says on an open link.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fleet/fleet.h"
#include "flood/handshake.h"
#include "flood/link.h"
#include "net/lines.h"
#include "wire/shown.h"

namespace {

using herd::flood::Handshake;

void Require(bool holds) {
  if (!holds) std::abort();
}

template <typename Take>
void ForEachLine(std::string_view input, std::size_t line_bytes_max, Take&& take) {
  for (auto scan = herd::net::NextLine(input, line_bytes_max);
       scan.kind == herd::net::LineScan::Kind::kLine;
       scan = herd::net::NextLine(input, line_bytes_max)) {
    if (!take(scan.line)) return;
    input.remove_prefix(scan.consumed);
  }
}

// Nobody who does not know the secret comes through.
void FuzzHandshake(std::string_view input, Handshake::Role role) {
  const herd::flood::Identity identity{
      .herd = "ucla",
      .name = "Hands",
      .neighbours = {"Goloman", "Wilkes"},
      .secret = herd::flood::Secret("a secret that no input knows"),
      .run = "0123456789abcdef"};
  Handshake handshake(identity, role, role == Handshake::Role::kDialer ? "Wilkes" : "",
                      std::string(64, 'a'));
  std::string out;
  handshake.Start(out);
  ForEachLine(input, herd::flood::kGreetingBytesMax, [&](std::string_view line) {
    handshake.Receive(line, out);
    Require(handshake.state() != Handshake::State::kOpen &&
            handshake.state() != Handshake::State::kProved);
    // A log can have it: it is as wire/shown.h shows bytes.
    Require(herd::wire::ShownAgain(handshake.reason()) == handshake.reason());
    return handshake.state() != Handshake::State::kRefused;
  });
}

herd::flood::Link::Start StartOf(const herd::fleet::Fleet& fleet, std::uint16_t id, bool leads) {
  return {.id = herd::fleet::LinkId{id},
          .neighbour = "Wilkes",
          .leads = leads,
          .acknowledged = leads ? std::nullopt : std::optional(fleet.newest()),
          .timing = {.heartbeat = std::chrono::seconds(1),
                     .silence_max = std::chrono::seconds(3),
                     .compare_interval = std::chrono::seconds(1)},
          .wall_clock = [] { return herd::wire::UnixNanos{}; },
          .now = {}};
}

const herd::flood::Topology::Plan kPlan{
    {"Goloman", {"Wilkes"}}, {"Hands", {"Wilkes"}}, {"Wilkes", {"Goloman", "Hands"}}};

// A fleet of half a megabyte takes longer to make than an input to read: one is emptied for the
// next.
class ReusedFleet {
 public:
  herd::fleet::Fleet& Emptied() {
    constexpr herd::wire::UnixNanos kNever{std::numeric_limits<std::int64_t>::max()};
    fleet_->SetHorizon({.rows = kNever, .tombstones = kNever});
    for (std::size_t i = 0; i < herd::fleet::Fleet::kStripes; ++i) fleet_->DropExpired(i);
    fleet_->SetHorizon({});
    // One that was received at the end of all times is still there.
    if (fleet_->digest() != herd::fleet::Digest{}) fleet_ = std::make_unique<herd::fleet::Fleet>();
    return *fleet_;
  }

 private:
  std::unique_ptr<herd::fleet::Fleet> fleet_ = std::make_unique<herd::fleet::Fleet>();
};

// Whatever a neighbour says, the fleet holds only rows that can be flooded on and read again.
void FuzzLink(std::string_view input, bool leads) {
  static ReusedFleet reused_fleet;
  static ReusedFleet reused_neighbour;
  const herd::flood::Instant start{};
  herd::fleet::Fleet& fleet = reused_fleet.Emptied();
  std::string replies;
  herd::flood::Topology topology("Hands", kPlan, {});
  topology.Up("Wilkes");
  herd::flood::Link from(fleet, topology, StartOf(fleet, 0, leads), [] {}, replies);
  herd::flood::Topology other_topology("Goloman", kPlan, {});
  other_topology.Up("Wilkes");
  herd::flood::Link to(fleet, other_topology, StartOf(fleet, 1, false), [] {}, replies);
  ForEachLine(input, herd::flood::kMessageBytesMax, [&](std::string_view line) {
    from.Flood(start, replies, SIZE_MAX);
    if (from.full()) from.Flood(start, replies, SIZE_MAX);
    return from.Receive(line, start).has_value();
  });
  from.Flood(start, replies, SIZE_MAX);
  std::string flooded;
  to.Flood(start, flooded, SIZE_MAX);
  herd::fleet::Fleet& neighbour = reused_neighbour.Emptied();
  herd::flood::Link received(
      neighbour, other_topology, StartOf(neighbour, 0, false), [] {}, replies);
  ForEachLine(flooded, herd::flood::kMessageBytesMax, [&](std::string_view line) {
    Require(received.Receive(line, start).has_value());
    return true;
  });
  Require(received.counters().messages_unknown == 0);
  Require(neighbour.digest() == fleet.digest());
  ForEachLine(replies, herd::flood::kMessageBytesMax, [&](std::string_view line) {
    Require(!std::holds_alternative<herd::flood::Unknown>(herd::flood::ParseMessage(line)));
    return true;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  FuzzHandshake(input, Handshake::Role::kAcceptor);
  FuzzHandshake(input, Handshake::Role::kDialer);
  FuzzLink(input, true);
  FuzzLink(input, false);
  return 0;
}
