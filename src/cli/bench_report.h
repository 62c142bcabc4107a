#pragma once

#include <string>

#include "cli/bench_options.h"
#include "load/load.h"

namespace herd::cli {

// Lines for people.
std::string BenchText(const BenchPlan& plan, const load::Result& result);

// One JSON object on one line; latencies in microseconds.
std::string BenchJson(const BenchPlan& plan, const load::Result& result);

// The same for idle connections.
std::string IdleText(const BenchPlan& plan, const load::IdleCost& cost);
std::string IdleJson(const BenchPlan& plan, const load::IdleCost& cost);

}  // namespace herd::cli
