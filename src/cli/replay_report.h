#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/replay_run.h"
#include "cli/rows.h"
#include "cli/target.h"
#include "cli/verify.h"

namespace herd::cli {

// All that a replay tells at its end.
struct ReplayReport {
  std::string file;
  std::string columns;  // of a CSV file; else empty
  std::vector<Target> targets;
  std::uint64_t movers = 0;
  std::uint64_t renamed = 0;
  std::map<std::string, LeftOut> left_out;
  ReplayResult result;
  std::optional<Verification> verification;
  std::size_t servers_asked = 0;  // by the verification
};

// The summary for people.
std::string ReportText(const ReplayReport& report);

// The same for programs: one JSON object on one line.
std::string ReportJson(const ReplayReport& report);

}  // namespace herd::cli
