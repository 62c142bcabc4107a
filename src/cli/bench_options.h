#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/target.h"
#include "load/load.h"

namespace herd::cli {

// `herd bench` as it was asked for.
struct BenchOptions {
  std::vector<std::string> server;
  std::size_t connections = 50;
  std::optional<std::size_t> in_flight;
  std::optional<double> rate;
  double seconds = 10;
  double warm_up = 1;
  std::uint32_t clients = 100'000;
  double whatsat = 0;  // percent
  double roam = 0;     // percent
  int radius = 10;
  int max = 5;
  unsigned threads = 1;
  std::uint64_t seed = 1;
  std::filesystem::path towns;
  std::string tracks;
  std::string protocol = "herd";
  std::vector<int> pids;
  double timeout_s = 5;
  bool known = false;
  bool idle = false;
  bool json = false;
};

// Adds them to the subcommand, with its help.
void AddBenchOptions(CLI::App& command, BenchOptions& options);

// What to load, ready for load::Run but for its servers' addresses. `towns` keeps what `settings`
// refers to.
struct BenchPlan {
  std::vector<Target> targets;
  std::vector<load::Town> towns;
  load::Settings settings;
};

// The error says what is wrong with the options.
std::expected<BenchPlan, std::string> PlanBench(const Context& context,
                                                const BenchOptions& options);

}  // namespace herd::cli
