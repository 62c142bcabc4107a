#include "server/log_limit.h"

#include <utility>

namespace herd::server {
void LogLimit::Log(spdlog::logger& log, flood::Instant now, const std::string& message) {
  std::uint64_t unsaid = 0;
  {
    const std::lock_guard lock(mutex_);
    if (now < quiet_until_) {
      ++unsaid_;
      return;
    }
    quiet_until_ = now + quiet_;
    unsaid = std::exchange(unsaid_, 0);
  }
  if (unsaid == 0) {
    log.warn("{}", message);
  } else {
    log.warn("{} ({} more like it since the last)", message, unsaid);
  }
}

}  // namespace herd::server
