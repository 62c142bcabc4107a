#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "fleet/fleet.h"
#include "net/connection.h"
#include "places/provider.h"
#include "server/counters.h"
#include "server/loop_delay.h"

namespace herd::server {

// All that a report, and a look-up of places, may end with: what counts by outcome are indexed by.
inline constexpr std::array kReportOutcomes = {fleet::Applied::kStored, fleet::Applied::kOlder,
                                               fleet::Applied::kKnown, fleet::Applied::kExpired,
                                               fleet::Applied::kFull};
inline constexpr std::array kLookupOutcomes = {places::Status::kOk,
                                               places::Status::kZeroResults,
                                               places::Status::kOverQueryLimit,
                                               places::Status::kRequestDenied,
                                               places::Status::kInvalidRequest,
                                               places::Status::kUnknownError};

template <typename Outcome>
constexpr std::size_t IndexOf(Outcome outcome) {
  return static_cast<std::size_t>(std::to_underlying(outcome));
}

// What the clients of one loop did. Each loop writes its own, with a cache line between them, so
// that counting costs next to nothing; who asks for the sum reads all.
struct alignas(64) LoopStats {
  Counter sessions;          // begun
  Counter sessions_refused;  // closed at once, for a bound was reached
  Counter http_requests;     // connections closed since their first line was one
  Counter exceptions;        // that nothing expected; of the whole loop
  std::array<Counter, net::kCloseReasons> sessions_closed;  // by net::CloseReason
  std::atomic<std::uint64_t> buffer_bytes = 0;              // what clients hold now
  Counter iamat;
  Counter whatsat;
  Counter invalid;  // lines that are no command, or one with a wrong field
  std::array<Counter, kReportOutcomes.size()> reports;  // of clients
  std::array<Counter, kLookupOutcomes.size()> lookups;
  DurationHistogram lookup_times;
  Counter near_incomplete;       // answers that a bound cut short
  DurationHistogram near_times;  // of the first loop, which answers on the admin address
  LoopDelay delay;
};

}  // namespace herd::server
