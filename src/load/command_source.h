#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "load/load.h"
#include "load/movement.h"
#include "load/random.h"

namespace herd::load {

// The clients of one worker: which of them says what next, at which server. Any client of a server
// is as likely as any other, so what one says comes at irregular times. One thread.
class CommandSource {
 public:
  // The clients `first` to `first + count - 1`. `settings` outlives this.
  CommandSource(const Settings& settings, std::uint32_t first, std::uint32_t count,
                std::uint64_t seed);

  using Time = std::chrono::steady_clock::time_point;

  // Appends the first report of the next client of a server, made `now`; false when all have
  // reported.
  bool AppendFirst(std::string& out, std::size_t server, Time now);

  // Appends the next command at a server. The caller has the time at hand; to ask the clock for
  // each command would cost as much as the rest.
  Ask Append(std::string& out, std::size_t server, Time now);

 private:
  // A million clients do not fit the processor's caches, and to wait for memory is what a command
  // would cost most. So chance decides some commands ahead, and what they need is under way.
  static constexpr std::size_t kAhead = 8;

  // Those of one server.
  struct Clients {
    std::vector<MoverNumber> movers;  // never empty
    std::size_t reported = 0;         // how many of them have reported first
    std::array<std::uint64_t, kAhead> chances{};
    std::size_t next = 0;  // of the chances
  };

  const Settings& settings_;
  const std::uint32_t first_;
  Random random_;
  const std::uint64_t question_below_;  // of 2^32
  const std::uint64_t roam_below_;
  std::unique_ptr<Movement> movement_;
  std::vector<Clients> clients_;  // of each server
  const Time start_ = std::chrono::steady_clock::now();
  const std::int64_t start_posix_ns_;
  // A report is always newer than the last, so that each changes a row.
  std::int64_t last_time_ns_ = 0;

  // The chance of the next command; that of a later one is drawn, and its client is fetched.
  std::uint64_t NextChance(Clients& clients);
  void AppendReportOf(std::string& out, MoverNumber mover, Time now);
  ClientNumber Client(MoverNumber mover) const {
    return ClientNumber{first_ + static_cast<std::uint32_t>(mover)};
  }
};

}  // namespace herd::load
