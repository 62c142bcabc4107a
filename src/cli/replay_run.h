#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/exchange.h"
#include "cli/replay_plan.h"
#include "cli/target.h"

namespace herd::cli {

// What came of sending a plan.
struct ReplayResult {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;    // with the AT line of the row
  std::uint64_t refused = 0;     // with anything else
  std::uint64_t unanswered = 0;  // of servers that were given up, sent or not
  std::uint64_t resent = 0;
  std::uint64_t reconnects = 0;
  std::string refused_example;       // the first refusal
  std::vector<LaneOutcome> lanes;    // beside the targets
  std::vector<std::string> winners;  // for each mover the greatest AT line among the replies
  std::chrono::duration<double> elapsed{0};
};

// Sends every step of `plan`, the first to the first target, the second to the second, and so on
// round, and shows a progress bar. Steps without a time get that of sending.
ReplayResult RunReplay(const ReplayPlan& plan, const std::vector<Target>& targets,
                       const ExchangeSettings& settings);

// The greater of two AT lines by the order of protocol.md; one that is no AT line is the lesser.
bool Wins(std::string_view line, std::string_view over);

}  // namespace herd::cli
