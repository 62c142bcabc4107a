#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "load/load.h"
#include "load/movement.h"

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
  const Settings& settings_;
  const std::uint32_t first_;
  std::mt19937_64 random_;
  const std::uint64_t question_below_;  // of 2^32
  const std::uint64_t roam_below_;
  std::unique_ptr<Movement> movement_;
  std::vector<std::vector<MoverNumber>> movers_;  // of each server; never empty
  std::vector<std::size_t> reported_;             // how many of them have reported first
  const Time start_ = std::chrono::steady_clock::now();
  const std::int64_t start_posix_ns_;
  // A report is always newer than the last, so that each changes a row.
  std::int64_t last_time_ns_ = 0;

  void AppendReportOf(std::string& out, MoverNumber mover, Time now);
  ClientNumber Client(MoverNumber mover) const {
    return ClientNumber{first_ + static_cast<std::uint32_t>(mover)};
  }
};

}  // namespace herd::load
