#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/checker.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/schedule.h"
#include "sim/server.h"
#include "sim/shape.h"

namespace herd::sim {

// What a run is like.
struct Scenario {
  std::size_t servers = 5;
  Shape shape = Shape::kFive;
  std::size_t clients = 12;
  std::chrono::nanoseconds chaos = std::chrono::seconds(12);  // how long things go wrong
  // What may go wrong meanwhile.
  bool resets = true;        // connections break
  bool cuts = true;          // a direction of a wire holds everything back for a while
  bool slow_wires = true;    // delays and bandwidths of the worst kind
  bool stops = true;         // servers are stopped for a while
  bool crashes = true;       // servers end at once and start again
  bool disk_losses = false;  // servers lose what was on their disks
  bool wrong_clocks = true;  // by minutes, and jumping
  bool expiry = false;       // rows expire within the run
  bool forgets = true;       // operators forget clients
  bool slow_disks = false;   // that take long to write and to sync
  bool disk_faults = false;  // that are full, cannot sync or, with disk_losses, damage the journal
  bool ack_from_disk = false;
  bool small_batches = false;  // of one row, written by journals
  bool crowded = false;        // all clients share a stripe of the fleet

  Checker::Losses losses() const {
    if (!crashes) return Checker::Losses::kNone;
    return ack_from_disk && !disk_losses ? Checker::Losses::kUnacked : Checker::Losses::kAny;
  }
};

// A scenario by chance: some runs have many kinds of faults, some few, some none.
Scenario AnyScenario(Random& random, std::optional<std::size_t> servers,
                     std::optional<Shape> shape);

struct Outcome {
  std::vector<std::string> violations;
  std::uint64_t trace_hash = 0;  // of every line of the trace: equal for equal runs
  std::size_t reports = 0;
  std::uint64_t rows_received = 0;      // by all servers from each other
  std::uint64_t bytes_sent = 0;         // between all servers
  std::chrono::nanoseconds healing{0};  // from the end of the faults until all were alike
};

// A whole herd: servers, wires, clients and whatever goes wrong. It depends on the scenario and the
// seed alone.
class World : private Ears {
 public:
  // `trace`, which may be empty, gets a line for each thing that happens.
  World(const Scenario& scenario, std::uint64_t seed,
        std::function<void(const std::string&)> trace);

  // Once.
  Outcome Run();

 private:
  struct Client {
    std::string id;
    std::chrono::nanoseconds clock_offset;
    std::string last_location;
    std::string last_time;
  };

  const Scenario scenario_;
  Random random_;
  Schedule schedule_;
  Checker checker_;
  std::vector<Pair> links_;
  const flood::Topology::Plan plan_;
  Network network_;
  std::uint64_t trace_hash_;
  Surroundings surroundings_;
  std::deque<Server> servers_;
  std::vector<Client> clients_;
  std::size_t last_client_ = 0;  // of which an ID was made
  Instant chaos_end_;
  std::size_t wrong_ = 0;  // things that are wrong now and will be put right

  void OnOpen(WireEnd end, ConnectionId connection) override;
  void OnBytes(WireEnd end, ConnectionId connection, std::string_view bytes) override;
  void OnClosed(WireEnd end, ConnectionId connection) override;
  void OnArrived(WireEnd end, ConnectionId connection) override;

  Server& At(WireEnd end) {
    const Pair& link = links_[end.wire];
    return servers_[end.side == 0 ? link.first : link.second];
  }
  bool chaos() const { return schedule_.now() < chaos_end_; }

  std::string NextClientId();
  void Dial(std::size_t wire);
  void LetReport(std::size_t number);
  std::string TimeOf(Client& client);
  void DoHarm();
  void Cut(std::size_t wire);
  void Crash(Server& server);
  void StartAgain(Server& server);
  void FailDisk(Server& server);
  void StopForAWhile(Server& server);
  void TurnClock(Server& server);
  // Undoes something after a while, but before the end of the faults.
  void PutRight(std::function<void()> undo);

  bool Alike() const;
  void Heal(Outcome& outcome);
  void CheckLiveness();
  void CheckQuiet();
  void CheckRepairs();
  void CheckDisks();
};

}  // namespace herd::sim
