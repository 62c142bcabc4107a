#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>

#include "flood/link.h"
#include "journal/journal.h"
#include "net/connection.h"
#include "net/loop.h"
#include "server/config.h"
#include "server/log_limit.h"

namespace herd::server {

// Has the replies of clients wait until the journal has on the disk what they acknowledge
// (durability.ack = "disk").
class Durability {
 public:
  struct Counts {
    std::uint64_t durable = 0;    // writes of replies that went out after their sync
    std::uint64_t refused = 0;    // connections closed: no sync in time
    std::uint64_t in_memory = 0;  // writes of replies that went out without one
  };

  // All that is given outlives this, but for the journal, which must have stopped before. `loop` is
  // for the time-outs.
  Durability(net::Loop& loop, journal::Journal& journal, const DurabilitySettings& settings,
             spdlog::logger& log);

  // Releases `writer` on its loop once all that is in the fleet now is on the disk. When that fails
  // or takes too long, closes it or releases it all the same, as configured. Any thread.
  void HoldUntilSynced(net::Connection& writer);

  // Any thread.
  Counts counts() const;

 private:
  enum class Outcome { kDurable, kFailed, kLate };

  struct Wait {
    std::shared_ptr<net::Connection> writer;  // null once it has been answered
    flood::Instant deadline;
  };

  net::Loop& loop_;
  journal::Journal& journal_;
  const DurabilitySettings settings_;
  spdlog::logger& log_;
  LogLimit failures_log_;
  std::atomic<std::uint64_t> durable_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> in_memory_ = 0;

  std::mutex mutex_;
  std::deque<std::shared_ptr<Wait>> waits_;  // by deadline; the first one is not answered
  bool watching_ = false;                    // the timer runs, or is about to

  net::Timer timer_;  // on the loop's thread

  void Answer(Wait& wait, Outcome outcome);
  void Tell(std::shared_ptr<net::Connection> writer, Outcome outcome);
  void DropAnswered();
  void Watch();
  void ExpireLate();
};

}  // namespace herd::server
