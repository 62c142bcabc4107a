#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "wire/time.h"

namespace herd::fleet {

// What a fleet may hold and which reports it believes. The defaults bound nothing.
struct Bounds {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max() / 2;

  // New clients are taken while there are fewer rows than this, tombstones among them. A client
  // that has a row goes on at the bound.
  std::size_t rows = kNone;

  // New clients are taken while the fleet takes no more memory than this (Fleet::usage). One that
  // has a row goes on for certain with a report that needs no more memory than its row has, and
  // with any other until kKnownShare of `bytes` is in use beyond them.
  std::size_t bytes = kNone;
  static constexpr std::size_t kKnownShare = 4;  // a quarter

  // Those two are for new clients that come to this server. So much more of each is for rows of new
  // clients from neighbours and from the disk: what the others took before they came to their own
  // bounds, so that all hold the same rows.
  static constexpr std::size_t kOthersShare = 8;  // an eighth

  // Which servers a row may name, sorted; empty: any.
  std::vector<std::string> servers;

  // A report that was received by a clock further ahead of this one is not believed. No clock: any
  // report is.
  std::function<wire::UnixNanos()> clock;
  std::chrono::nanoseconds receipt_ahead{0};
};

// What a fleet holds.
struct Usage {
  std::size_t rows = 0;   // tombstones among them
  std::size_t bytes = 0;  // of memory
};

}  // namespace herd::fleet
