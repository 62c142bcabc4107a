// The neighbour's side: any bytes as what a stranger says in the handshake, in either role, and as
// what a proved neighbour says on an open link.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fleet/fleet.h"
#include "flood/handshake.h"
#include "flood/link.h"
#include "net/lines.h"

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
      .secret = herd::flood::Secret("a secret that no input knows")};
  Handshake handshake(identity, role, role == Handshake::Role::kDialer ? "Wilkes" : "",
                      std::string(64, 'a'));
  std::string out;
  handshake.Start(out);
  ForEachLine(input, herd::flood::kGreetingBytesMax, [&](std::string_view line) {
    handshake.Receive(line, out);
    Require(handshake.state() != Handshake::State::kOpen &&
            handshake.state() != Handshake::State::kProved);
    for (const char c : handshake.reason()) Require(c >= ' ' && c <= '~');
    return handshake.state() != Handshake::State::kRefused;
  });
}

// Whatever a neighbour says, the fleet holds only reports that can be flooded on and read again.
void FuzzLink(std::string_view input) {
  const herd::flood::Instant start{};
  const herd::flood::LinkTiming timing{.heartbeat = std::chrono::seconds(1),
                                       .silence_max = std::chrono::seconds(3)};
  herd::fleet::Fleet fleet;
  herd::flood::Link from(fleet, herd::fleet::LinkId{0}, timing, start, [] {});
  herd::flood::Link to(fleet, herd::fleet::LinkId{1}, timing, start, [] {});
  std::string replies;
  ForEachLine(input, herd::flood::kMessageBytesMax, [&](std::string_view line) {
    return from.Receive(line, start, replies).has_value();
  });
  std::string flooded;
  to.Flood(flooded, SIZE_MAX);
  herd::fleet::Fleet neighbour;
  herd::flood::Link received(neighbour, herd::fleet::LinkId{0}, timing, start, [] {});
  ForEachLine(flooded, herd::flood::kMessageBytesMax, [&](std::string_view line) {
    Require(received.Receive(line, start, replies).has_value());
    return true;
  });
  Require(received.counters().messages_unknown == 0);
  Require(neighbour.size() == fleet.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  FuzzHandshake(input, Handshake::Role::kAcceptor);
  FuzzHandshake(input, Handshake::Role::kDialer);
  FuzzLink(input);
  return 0;
}
