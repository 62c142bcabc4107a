#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "flood/link.h"
#include "flood/topology.h"
#include "sim/checker.h"
#include "sim/disk.h"
#include "sim/journal.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/schedule.h"
#include "wire/command.h"

namespace herd::sim {

// What all servers of a run share.
struct Surroundings {
  const flood::Topology::Plan& plan;
  Schedule& schedule;
  Random& random;
  Network& network;
  Checker& checker;
  std::function<void(const std::string&)> trace;  // one line for each thing that happens
};

struct ServerSettings {
  flood::LinkTiming timing;
  bool ack_from_disk;
  Journal::Settings journal;
  std::chrono::nanoseconds expire_after;  // 0: never
  std::chrono::nanoseconds receipt_ahead;
  std::vector<std::string> servers;  // of the herd
};

// What the herd's hashes are keyed with.
inline constexpr fleet::HashKey kHashKey{{0x48, 0x65, 0x72, 0x64}};

// One server: real fleet, flood and journal machines, round them what the server room is in
// earnest, and a simulated disk. It can crash, lose its disk, be stopped and go on, and its clock
// can be wrong.
class Server {
 public:
  // An end of a wire that this server holds.
  struct Plug {
    WireEnd end;
    std::string neighbour;
  };

  // `number`: what the checker knows it by.
  Server(std::size_t number, std::string name, std::vector<Plug> plugs,
         const ServerSettings& settings, Surroundings& around);

  const std::string& name() const { return name_; }
  bool runs() const { return process_ != nullptr; }
  bool stopped() const { return stopped_; }

  void Start();
  // The process ends at once, and the neighbours hear of it.
  void Kill();
  // The machine ends at once: the neighbours must find out for themselves, and what was not synced
  // may be lost.
  void LosePower();
  // As SIGSTOP and SIGCONT do.
  void Stop();
  void Continue();

  // What may be done to its disk; it is to be lost only while the server does not run, and the
  // server must not start while it fails.
  void LoseDisk();
  void SetDiskFault(DiskFault fault);
  void DamageDisk();
  const Disk& disk() const { return disk_; }

  void set_clock_offset(std::chrono::nanoseconds offset) { clock_offset_ = offset; }

  // What a client or an operator sends; nothing happens while the server does not run.
  void Report(std::string_view client, std::string_view location, std::string_view time_text);
  void Forget(std::string_view client);

  // From the network.
  void OnOpen(WireEnd end, ConnectionId connection, const std::string& neighbours_run);
  void OnBytes(WireEnd end, ConnectionId connection, std::string_view bytes);
  void OnClosed(WireEnd end, ConnectionId connection);
  void OnArrived(WireEnd end, ConnectionId connection);

  // Of the process that runs.
  const fleet::Fleet& fleet() const { return *process_->fleet; }
  const std::string& run() const { return process_->run; }
  bool linked(std::size_t wire) const { return runs() && process_->links.contains(wire); }
  bool caught_up() const;
  bool journal_idle() const { return process_->journal->idle(); }
  wire::UnixNanos WallClock() const;
  flood::LinkCounters Counters() const;

  // Drops all that has expired by now.
  void DropExpired();

 private:
  struct End {
    ConnectionId connection;
    std::unique_ptr<flood::Link> link;
  };
  // What the server remembers of a neighbour while it runs.
  struct Neighbour {
    std::string run;
    std::optional<fleet::Cursors> acknowledged;
  };
  struct Process {
    std::string run;
    std::unique_ptr<fleet::Fleet> fleet;
    std::unique_ptr<flood::Topology> topology;
    std::map<std::size_t, Neighbour> neighbours;  // by wire, as are the links
    std::map<std::size_t, End> links;
    std::unique_ptr<fleet::Follower> watcher;  // shows the checker every change
    std::unique_ptr<Journal> journal;
    bool flood_due = false;
    flood::LinkCounters ended;  // of links that are gone
  };

  const std::size_t number_;
  const std::string name_;
  const std::vector<Plug> plugs_;
  const ServerSettings settings_;
  Surroundings& around_;
  Disk disk_;
  std::unique_ptr<Process> process_;
  std::uint64_t runs_ = 0;
  bool stopped_ = false;
  std::chrono::nanoseconds clock_offset_{0};

  const Plug& PlugAt(std::size_t wire) const;
  bool Load();
  void EndProcess();
  // Takes what a client or an operator sends: `make` makes it of the time of its receipt.
  void Take(std::string_view client, const std::function<wire::At(wire::UnixNanos)>& make);
  void EndLink(std::size_t wire);
  void Tick();
  void SetHorizon();
  void Work();
  void Flood(std::size_t wire);
  void Send(std::size_t wire, std::string out);
  // Calls `action` after a delay, unless the process has ended by then.
  void After(std::chrono::nanoseconds delay, std::function<void()> action);
  void Trace(const std::string& what) const;
};

}  // namespace herd::sim
