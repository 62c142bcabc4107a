#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "flood/link.h"

namespace herd::server {

// Warns of what strangers can cause at any rate: at most once in a while, with a count of what was
// left unsaid. Any thread.
class LogLimit {
 public:
  explicit LogLimit(std::chrono::seconds quiet = std::chrono::seconds(1)) : quiet_(quiet) {}

  void Log(spdlog::logger& log, flood::Instant now, const std::string& message);

 private:
  const std::chrono::seconds quiet_;
  std::mutex mutex_;
  flood::Instant quiet_until_;
  std::uint64_t unsaid_ = 0;
};

}  // namespace herd::server
