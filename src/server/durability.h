#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fleet/hash.h"
#include "flood/pace.h"
#include "net/connection.h"
#include "net/loop.h"
#include "server/config.h"
#include "server/log_limit.h"

namespace herd::server {

// Has the replies of clients wait until what they acknowledge is as safe as durability.ack says.
class Durability {
 public:
  struct Counts {
    std::uint64_t durable = 0;    // writes of replies that went out after it was
    std::uint64_t refused = 0;    // connections closed: it was not in time
    std::uint64_t in_memory = 0;  // writes of replies that went out all the same
  };

  // Calls `done` on any thread once the reports of these clients, which are in the fleet, are safe;
  // with false when they cannot be made so. Any thread.
  using Done = std::function<void(bool durable)>;
  using Ask = std::function<void(std::vector<fleet::ClientHash> clients, Done done)>;

  // `loop`, for the time-outs, and `log` outlive this; `ask` calls nobody when this is gone. `who`
  // makes reports safe, for the log.
  Durability(net::Loop& loop, std::string who, Ask ask, const DurabilitySettings& settings,
             spdlog::logger& log);

  // Releases `writer` on its loop once the reports of `clients` are safe. When that fails or takes
  // too long, refuses it or releases it all the same, as configured. Any thread.
  void Hold(net::Connection& writer, std::vector<fleet::ClientHash> clients);

  // For the end of the server: who waits now has waited for too long, and so has who is to come.
  // Any thread.
  void WaitNoLonger();

  // Any thread.
  Counts counts() const;

 private:
  enum class Outcome { kDurable, kFailed, kLate };

  struct Wait {
    std::shared_ptr<net::Connection> writer;  // null once it has been answered
    flood::Instant deadline;
  };

  net::Loop& loop_;
  const std::string who_;
  const Ask ask_;
  const DurabilitySettings settings_;
  spdlog::logger& log_;
  LogLimit failures_log_;
  std::atomic<std::uint64_t> durable_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> in_memory_ = 0;

  std::mutex mutex_;
  std::deque<std::shared_ptr<Wait>> waits_;  // by deadline; the first one is not answered
  bool watching_ = false;                    // the timer runs, or is about to
  bool patient_ = true;                      // until WaitNoLonger

  net::Timer timer_;  // on the loop's thread

  void Answer(Wait& wait, Outcome outcome);
  void Tell(std::shared_ptr<net::Connection> writer, Outcome outcome);
  void DropAnswered();
  void Watch();
  void ExpireLate();
};

}  // namespace herd::server
