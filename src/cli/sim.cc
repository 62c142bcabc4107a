#include "cli/sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/progress.h"
#include "sim/random.h"
#include "sim/shape.h"
#include "sim/world.h"

namespace herd::cli {
namespace {

constexpr const char* kFooter =
    "Each seed is one run: servers with the machines of the real ones, on a network, clocks and "
    "disks that\n"
    "fail as the seed says. Afterwards all servers must be alike and nothing lost that was "
    "promised. The\n"
    "same seed gives the same run, to the byte.\n"
    "\n"
    "Examples:\n"
    "  herd sim --seeds 1000\n"
    "  herd sim --seed 42";

struct SimOptions {
  std::uint64_t seeds = 1000;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> servers;
  std::string shape;
};

sim::Outcome RunSeed(std::uint64_t seed, const SimOptions& options,
                     std::function<void(const std::string&)> trace) {
  sim::Random random(seed);
  const sim::Scenario scenario =
      sim::AnyScenario(random, options.servers, sim::ParseShape(options.shape));
  return sim::World(scenario, random.Next(), std::move(trace)).Run();
}

// `herd sim --seed 42 --shape ring`, for the one who wants to see it again.
std::string AgainCommand(std::uint64_t seed, const SimOptions& options) {
  std::string command = fmt::format("herd sim --seed {}", seed);
  if (options.servers) command += fmt::format(" --servers {}", *options.servers);
  if (!options.shape.empty()) command += " --shape " + options.shape;
  return command;
}

void PrintViolations(std::uint64_t seed, const sim::Outcome& outcome, const SimOptions& options) {
  for (const std::string& violation : outcome.violations)
    fmt::print(stderr, "herd sim: seed {}: {}\n", seed, violation);
  fmt::print(stderr, "herd sim: to see it: {}\n", AgainCommand(seed, options));
}

Exit RunOne(const SimOptions& options) {
  const std::uint64_t seed = *options.seed;
  const sim::Outcome outcome =
      RunSeed(seed, options, [](const std::string& line) { std::cout << line << '\n'; });
  fmt::print("{} reports, {} rows and {} bytes between servers, alike after {} ms, trace {:016x}\n",
             outcome.reports, outcome.rows_received, outcome.bytes_sent,
             std::chrono::duration_cast<std::chrono::milliseconds>(outcome.healing).count(),
             outcome.trace_hash);
  if (outcome.violations.empty()) return Exit::kOk;
  PrintViolations(seed, outcome, options);
  return Exit::kFailed;
}

// Seeds are shared out among as many threads as there are processors.
Exit RunMany(const SimOptions& options) {
  std::atomic<std::uint64_t> next = options.from;
  const std::uint64_t end = options.from + options.seeds;
  std::mutex mutex;  // guards what follows
  Progress progress("simulating");
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t reports = 0;
  std::chrono::nanoseconds slowest{0};
  const auto work = [&] {
    for (std::uint64_t seed = next++; seed < end; seed = next++) {
      const sim::Outcome outcome = RunSeed(seed, options, {});
      const std::lock_guard lock(mutex);
      progress.UpdateCount(++done, options.seeds, "seeds");
      reports += outcome.reports;
      slowest = std::max(slowest, outcome.healing);
      if (outcome.violations.empty()) continue;
      ++failed;
      PrintViolations(seed, outcome, options);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
  }
  progress.Done(fmt::format("{} seeds", WithThousands(done)));
  fmt::print("{} seeds, {} with a violation; {} reports; the slowest healing took {} ms\n",
             WithThousands(done), failed, WithThousands(reports),
             std::chrono::duration_cast<std::chrono::milliseconds>(slowest).count());
  return failed == 0 ? Exit::kOk : Exit::kFailed;
}

Exit Sim(const SimOptions& options) {
  if (!options.shape.empty() && !sim::ParseShape(options.shape)) {
    std::cerr << "herd sim: --shape is " << sim::kShapeWords << '\n';
    return Exit::kUsage;
  }
  return options.seed ? RunOne(options) : RunMany(options);
}

}  // namespace

void AddSim(CLI::App& app, Context& context) {
  const auto options = std::make_shared<SimOptions>();
  CLI::App* sim = app.add_subcommand("sim", "Prove a herd in simulated runs full of faults");
  sim->add_option("--seeds", options->seeds, "How many runs")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  sim->add_option("--from", options->from, "The first seed")
      ->type_name("SEED")
      ->capture_default_str();
  sim->add_option("--seed", options->seed, "One run only, with a trace of all that happens")
      ->type_name("SEED");
  sim->add_option("--servers", options->servers, "How many servers, instead of any number")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{2}, std::size_t{200}));
  sim->add_option("--shape", options->shape,
                  "How they are linked, instead of anyhow: " + std::string(sim::kShapeWords))
      ->type_name("SHAPE");
  sim->footer(kFooter);
  sim->callback([&context, options] { context.exit = Sim(*options); });
}

}  // namespace herd::cli
