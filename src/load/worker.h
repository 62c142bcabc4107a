#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "load/command_source.h"
#include "load/load.h"
#include "load/pending.h"
#include "load/reply_reader.h"

namespace herd::load {

// One thread's part of a load: its connections in one epoll, its clients, and what it has counted.
// Made and connected by one thread, then run by one; `replies` may be read by any.
class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  struct Schedule {
    Clock::time_point start;      // commands are sent from here
    Clock::time_point measure;    // those due from here on are measured
    Clock::time_point end;        // none is due any more
    Clock::time_point drain_end;  // replies are not waited for any more
  };

  // The part `number` of settings.threads. `settings` outlives this.
  Worker(const Settings& settings, unsigned number);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Makes the connections; waits for each. The error says why one could not be made.
  std::expected<void, std::string> Connect();

  // Lets every client report once and waits for the replies. The error says what went wrong.
  std::expected<void, std::string> Fill(Clock::time_point deadline);

  // Says one thing on each connection and waits for the replies; nothing follows.
  std::expected<void, std::string> SayOnce(Clock::time_point deadline);

  // Loads. What was counted is in `result` afterwards, but for processes and loader.
  void Run(const Schedule& schedule);

  const Result& result() const { return result_; }
  std::chrono::nanoseconds cpu_time() const {
    return cpu_time_;
  }  // of Run, between measure and end

  // All that came, also outside the time that is measured.
  std::uint64_t replies() const { return replies_.load(std::memory_order_relaxed); }

 private:
  struct Connection {
    int fd = -1;  // -1: lost
    std::size_t server = 0;
    Pending pending;
    ReplyReader reader;
    std::string unsent;      // what the socket did not take
    std::uint64_t due = 0;   // open loop: commands due so far
    std::uint64_t sent = 0;  // open loop: of them
  };

  const Settings& settings_;
  CommandSource source_;
  std::vector<Connection> connections_;
  const int epoll_;
  std::string batch_;
  std::vector<char> buffer_;
  Result result_;
  std::atomic<std::uint64_t> replies_ = 0;
  std::chrono::nanoseconds cpu_time_{0};

  bool filling_ = false;
  Schedule schedule_{};
  bool ended_ = false;           // closed loop: replies bring no more commands
  std::uint64_t scheduled_ = 0;  // open loop: commands due so far, over all connections
  double interval_ns_ = 0;       // open loop: between two commands of this worker
  std::vector<std::size_t> touched_;

  // Waits at most until `until` for something to come, and takes it in.
  void Poll(Clock::time_point until);
  // Takes what has arrived, and sends what may follow. True when there may be more: always when the
  // server is `ending`, until its end is seen.
  bool Receive(Connection& connection, bool ending);
  void Count(Connection& connection, Clock::time_point now, bool good);
  // Sends as many commands as are due and may be in flight.
  void Send(Connection& connection, Clock::time_point now);
  bool AppendNext(Connection& connection, Clock::time_point now);
  // Hands bytes to the socket; false when it takes no more for now.
  void Write(Connection& connection, std::string_view bytes);
  void Lose(Connection& connection);

  Clock::time_point DueTime(std::uint64_t number) const;
  // Open loop: marks what has become due and sends it; the time of the next.
  Clock::time_point Advance(Clock::time_point now);
  bool Idle() const;
  void CountUnanswered(Clock::time_point now);
};

}  // namespace herd::load
