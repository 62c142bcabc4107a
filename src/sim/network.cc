#include "sim/network.h"

#include <algorithm>
#include <utility>

namespace herd::sim {
namespace {

constexpr Quality kFirstQuality{.delay_min = std::chrono::microseconds(100),
                                .delay_max = std::chrono::microseconds(300),
                                .bytes_per_second = 100'000'000};

}  // namespace

Network::Network(Schedule& schedule, Random& random, Ears& ears, std::size_t wires)
    : schedule_(schedule), random_(random), ears_(ears), wires_(wires) {
  for (std::size_t wire = 0; wire < wires; ++wire) SetQuality(wire, kFirstQuality);
}

void Network::SetQuality(std::size_t wire, const Quality& quality) {
  for (Way& way : wires_[wire].ways) way.quality = quality;
}

std::chrono::nanoseconds Network::Delay(const Way& way) {
  return random_.Between(way.quality.delay_min, way.quality.delay_max);
}

void Network::Open(std::size_t index) {
  Wire& wire = wires_[index];
  wire.connection = ConnectionId{++last_connection_};
  for (Way& way : wire.ways) {
    way.in_flight = 0;
    way.held.clear();
    way.last_arrival = schedule_.now();
    way.free_at = schedule_.now();
  }
  // What the acceptor sends comes behind the word that the connection is open.
  Way& to_dialer = wire.ways[0];
  to_dialer.last_arrival = schedule_.now() + Delay(to_dialer);
  schedule_.At(to_dialer.last_arrival, [this, index, connection = wire.connection] {
    if (wires_[index].connection == connection) ears_.OnOpen({index, 1}, connection);
  });
  ears_.OnOpen({index, 0}, wire.connection);
}

bool Network::Passes(std::size_t wire) const {
  return std::ranges::all_of(wires_[wire].ways, [](const Way& way) { return way.blocks == 0; });
}

void Network::Send(WireEnd from, ConnectionId connection, std::string bytes) {
  if (bytes.empty() || wires_[from.wire].connection != connection) return;
  bytes_sent_ += bytes.size();
  Put(from, {connection, std::move(bytes)});
}

void Network::Close(WireEnd from, ConnectionId connection) {
  if (wires_[from.wire].connection == connection) Put(from, {connection, {}});
}

void Network::Put(WireEnd from, Chunk chunk) {
  Way& way = this->way(from);
  way.in_flight += chunk.bytes.size();
  const auto sending =
      std::chrono::nanoseconds(chunk.bytes.size() * 1'000'000'000 / way.quality.bytes_per_second);
  way.free_at = std::max(way.free_at, schedule_.now()) + sending;
  way.last_arrival = std::max(way.last_arrival, way.free_at + Delay(way));
  schedule_.At(way.last_arrival, [this, from, chunk = std::move(chunk)]() mutable {
    Way& then = this->way(from);
    if (wires_[from.wire].connection != chunk.connection) return;
    if (then.blocks > 0 || !then.held.empty()) {
      then.held.push_back(std::move(chunk));
    } else {
      Arrive(from, std::move(chunk));
    }
  });
}

void Network::Arrive(WireEnd from, Chunk chunk) {
  way(from).in_flight -= chunk.bytes.size();
  if (chunk.bytes.empty()) {
    ears_.OnClosed(from.other(), chunk.connection);
    return;
  }
  ears_.OnBytes(from.other(), chunk.connection, chunk.bytes);
  if (wires_[from.wire].connection == chunk.connection) ears_.OnArrived(from, chunk.connection);
}

void Network::Reset(std::size_t index) {
  const ConnectionId connection = std::exchange(wires_[index].connection, kNoConnection);
  if (connection == kNoConnection) return;
  for (const std::size_t side : {0U, 1U}) {
    schedule_.After(Delay(wires_[index].ways[side]),
                    [this, index, side, connection] { ears_.OnClosed({index, side}, connection); });
  }
}

void Network::Vanish(WireEnd end) {
  Wire& wire = wires_[end.wire];
  wire.connection = kNoConnection;
}

void Network::Block(WireEnd to) {
  ++way(to.other()).blocks;
}

void Network::Unblock(WireEnd to) {
  Way& way = this->way(to.other());
  if (--way.blocks > 0) return;
  while (!way.held.empty() && way.blocks == 0) {
    Chunk chunk = std::move(way.held.front());
    way.held.pop_front();
    if (wires_[to.wire].connection == chunk.connection) Arrive(to.other(), std::move(chunk));
  }
}

}  // namespace herd::sim
