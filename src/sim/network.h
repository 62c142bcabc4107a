#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/random.h"
#include "sim/schedule.h"

namespace herd::sim {

// A connection between the two servers of a wire; 0 is none.
enum class ConnectionId : std::uint64_t {};
inline constexpr ConnectionId kNoConnection{0};

// An end of a wire: side 0 or 1.
struct WireEnd {
  std::size_t wire;
  std::size_t side;

  WireEnd other() const { return {wire, 1 - side}; }
};

// What the ends hear.
class Ears {
 public:
  Ears() = default;
  Ears(const Ears&) = delete;
  Ears& operator=(const Ears&) = delete;
  virtual ~Ears() = default;

  virtual void OnOpen(WireEnd end, ConnectionId connection) = 0;
  virtual void OnBytes(WireEnd end, ConnectionId connection, std::string_view bytes) = 0;
  virtual void OnClosed(WireEnd end, ConnectionId connection) = 0;
  // What this end sent has arrived.
  virtual void OnArrived(WireEnd end, ConnectionId connection) = 0;
};

// How bytes fare in one direction of a wire.
struct Quality {
  std::chrono::nanoseconds delay_min;
  std::chrono::nanoseconds delay_max;
  std::size_t bytes_per_second;
};

// Connections as TCP gives them: bytes arrive in order or not at all. Each direction of a wire has
// a delay that varies and a bandwidth of its own. A blocked direction holds back what is sent, as
// TCP repeats it until it comes through; a reset loses all that is on its way. An end knows only
// what reaches it: the other may have closed long ago.
class Network {
 public:
  // All of these outlive the network.
  Network(Schedule& schedule, Random& random, Ears& ears, std::size_t wires);

  void SetQuality(std::size_t wire, const Quality& quality);

  // Opens a new connection: side 0 hears of it first, as the one that accepts. An older one is
  // forgotten by the network; its ends go on believing in it until they hear of the new.
  void Open(std::size_t wire);

  // Whether both ends could hear each other now.
  bool Passes(std::size_t wire) const;

  void Send(WireEnd from, ConnectionId connection, std::string bytes);
  // The other end hears of it behind what was sent.
  void Close(WireEnd from, ConnectionId connection);
  // Both ends hear of it soon; what is on its way is lost.
  void Reset(std::size_t wire);
  // The end is gone without a word.
  void Vanish(WireEnd end);

  // How much is sent from this end and has not arrived.
  std::size_t InFlight(WireEnd from) const { return way(from).in_flight; }

  // Holds back what comes to that end until as many Unblock.
  void Block(WireEnd to);
  void Unblock(WireEnd to);

  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  struct Chunk {
    ConnectionId connection;
    std::string bytes;  // none: the end
  };
  // From one end to the other.
  struct Way {
    Quality quality{};
    int blocks = 0;
    Instant last_arrival;
    Instant free_at;  // when the next byte can be put on the wire
    std::size_t in_flight = 0;
    std::deque<Chunk> held;
  };
  struct Wire {
    ConnectionId connection = kNoConnection;
    std::array<Way, 2> ways;  // by the side that sends
  };

  Schedule& schedule_;
  Random& random_;
  Ears& ears_;
  std::vector<Wire> wires_;
  std::uint64_t last_connection_ = 0;
  std::uint64_t bytes_sent_ = 0;

  Way& way(WireEnd from) { return wires_[from.wire].ways[from.side]; }
  const Way& way(WireEnd from) const { return wires_[from.wire].ways[from.side]; }
  std::chrono::nanoseconds Delay(const Way& way);
  void Put(WireEnd from, Chunk chunk);
  void Arrive(WireEnd from, Chunk chunk);
};

}  // namespace herd::sim
