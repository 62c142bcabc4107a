#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/rows.h"

namespace herd::cli {

// One row, ready to be sent.
struct Step {
  std::uint32_t mover = 0;  // in ReplayPlan::ids
  std::string location;
  std::string time;                 // empty: the time of sending
  std::chrono::nanoseconds due{0};  // after the start
};

// What is sent, in this order.
struct ReplayPlan {
  std::vector<std::string> ids;  // of the movers, fit for IAMAT
  std::vector<Step> steps;
  std::uint64_t renamed = 0;  // movers whose IDs had white space, now '_'
};

// Makes the plan of `rows`; what cannot be sent moves to their `left_out`. `speed` is how many
// times faster than the rows' own times to send, or nothing for as fast as possible. With a speed,
// rows are sent in the order of their times, but the rows of one mover always in the order of the
// file. The error tells of two movers whose IDs would become the same.
std::expected<ReplayPlan, std::string> MakePlan(Rows& rows, std::optional<double> speed);

// True when nearly every row has an ID of its own, so that the IDs are most likely row numbers.
bool LooksLikeRowNumbers(const ReplayPlan& plan);

}  // namespace herd::cli
