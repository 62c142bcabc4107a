#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "load/dialect.h"
#include "load/histogram.h"
#include "load/process_usage.h"
#include "load/towns.h"
#include "load/track_walk.h"

namespace herd::load {

struct ServerAddress {
  sockaddr_storage address{};
  socklen_t bytes = 0;

  // The first address of a name that takes a connection within `timeout`. The error says what the
  // last of them answered.
  static std::expected<ServerAddress, std::string> Find(const std::string& host, std::uint16_t port,
                                                        std::chrono::milliseconds timeout);
};

// What to load, and with what. Each thread takes an equal part of connections, clients and rate.
struct Settings {
  std::vector<ServerAddress> servers;  // connections are shared out among them in turn
  Dialect dialect = Dialect::kHerd;
  unsigned threads = 1;
  std::size_t connections = 50;  // at least threads * servers
  std::size_t in_flight = 16;    // commands of one connection that wait for their replies, at most
  // Commands a second in all (open loop): each is due at its moment whatever the servers do, waits
  // here while its connection's in_flight is reached, and its latency counts from when it was due.
  // None: the next command is sent when a reply comes (closed loop).
  std::optional<double> rate;
  std::chrono::nanoseconds warm_up{0};                      // before what is measured
  std::chrono::nanoseconds length{0};                       // of what is measured
  std::chrono::nanoseconds drain{std::chrono::seconds(2)};  // to wait for the last replies

  std::uint32_t clients = 100'000;               // at least threads * servers, at most kClientsMax
  std::span<const Town> towns = BuiltInTowns();  // where they are at home
  std::vector<Track> tracks;                     // unless they follow these
  bool report_first = true;  // every client, before the load; else the servers know them already
  double roaming = 0;    // the part of reports after which a client goes to another server, 0 to 1
  double questions = 0;  // the part of commands that are questions, 0 to 1
  int radius_km = 0;     // of questions
  int results_max = 0;
  std::uint64_t seed = 1;

  std::vector<pid_t> pids;  // whose CPU time and memory to tell
};

struct Result {
  std::uint64_t replies = 0;  // within the time that was measured, good or not
  std::chrono::duration<double> length{0};
  // Of the commands due within that time. Those that were never answered are in it with as long as
  // they waited.
  Histogram reports;
  Histogram questions;
  // Of the whole run:
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t connections_lost = 0;

  double loader_busy = 0;               // CPU time of a loader's thread a second: near 1 it was
                                        // the loader that was measured
  std::vector<ProcessUsage> processes;  // beside pids: CPU within the time, memory at its end
};

struct Hooks {
  // Called ten times a second, with the part of the run that is over and the replies so far.
  std::function<void(double fraction, std::uint64_t replies)> tick;
};

// Makes the connections, lets every client report once (if they are to), then loads the servers and
// waits for the last replies. The error says what could not be done; what servers do wrong is in
// the result.
std::expected<Result, std::string> Run(const Settings& settings, const Hooks& hooks);

// What connections cost a server: makes them, sends one report over each and waits for its reply;
// from then on they are idle. With pids only.
struct Memory {
  std::uint64_t rss_bytes = 0;
  std::uint64_t anonymous_bytes = 0;
};
struct IdleCost {
  Memory before;  // of all pids
  Memory after;
};
std::expected<IdleCost, std::string> MeasureIdle(const Settings& settings);

}  // namespace herd::load
