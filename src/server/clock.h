#pragma once

#include <chrono>

#include "flood/link.h"
#include "wire/time.h"

namespace herd::server {

// The system's clock, which may be wrong and may jump; the one place where the server asks it.
inline wire::UnixNanos Now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count()};
}

// A clock that never jumps, for time-outs and heartbeats.
inline flood::Instant SteadyNow() {
  return std::chrono::steady_clock::now();
}

}  // namespace herd::server
