#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/exchange.h"
#include "cli/target.h"

namespace herd::cli {

// How the servers' answers compare with the rows that should win.
struct Verification {
  std::uint64_t winning = 0;  // movers with the winning row on every server
  std::uint64_t newer = 0;    // with the same AT on every server, which wins over all rows sent
  std::uint64_t wrong = 0;    // anything else
  std::vector<std::string> differences;      // a few of the wrong ones, for people
  std::chrono::duration<double> elapsed{0};  // until all agreed, or the wait was over
};

// Asks every target where each mover is, again and again until all agree on the winner or `wait` is
// over. `winners` stand beside `ids`: each mover's greatest AT line; movers without one are not
// asked for.
Verification Verify(const std::vector<std::string>& ids, const std::vector<std::string>& winners,
                    const std::vector<Target>& targets, const ExchangeSettings& settings,
                    std::chrono::milliseconds wait);

}  // namespace herd::cli
