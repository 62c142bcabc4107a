#include "cli/bench.h"

#include <sys/resource.h>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "cli/ask.h"
#include "cli/bench_options.h"
#include "cli/bench_report.h"
#include "cli/progress.h"

namespace herd::cli {
namespace {

// As many connections as the system lets one process have.
void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Says which servers cannot be reached.
bool FindServers(BenchPlan& plan, std::chrono::milliseconds timeout) {
  for (const Target& target : plan.targets) {
    const auto server =
        load::ServerAddress::Find(target.endpoint.host, target.endpoint.port, timeout);
    if (server) {
      plan.settings.servers.push_back(*server);
    } else {
      Complain(fmt::format("{} ({}): {}", target.label, server::ToString(target.endpoint),
                           server.error()));
    }
  }
  return plan.settings.servers.size() == plan.targets.size();
}

Exit BenchIdle(const BenchPlan& plan, bool as_json) {
  const auto cost = load::MeasureIdle(plan.settings);
  if (!cost) {
    Complain(cost.error());
    return Exit::kFailed;
  }
  fmt::print("{}", as_json ? IdleJson(plan, *cost) : IdleText(plan, *cost));
  return Exit::kOk;
}

Exit Bench(const Context& context, const BenchOptions& options) {
  auto plan = PlanBench(context, options);
  if (!plan) {
    Complain(plan.error());
    return Exit::kUsage;
  }
  if (!FindServers(
          *plan, std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000)))) {
    Complain("nothing was sent; is the herd up? (herd up) Or choose with --server");
    return Exit::kUnreachable;
  }
  RaiseFileLimit();
  if (options.idle) return BenchIdle(*plan, options.json);
  std::expected<load::Result, std::string> result;
  {
    Progress progress("loading");
    result = load::Run(plan->settings, {.tick = [&](double fraction, std::uint64_t replies) {
                         progress.Update(fraction, WithThousands(replies) + " replies");
                       }});
  }
  if (!result) {
    Complain(result.error());
    return Exit::kFailed;
  }
  fmt::print("{}", options.json ? BenchJson(*plan, *result) : BenchText(*plan, *result));
  if (std::fflush(stdout) != 0) {
    Complain("standard output cannot be written");
    return Exit::kFailed;
  }
  const bool good =
      result->refused == 0 && result->unanswered == 0 && result->connections_lost == 0;
  return good ? Exit::kOk : Exit::kFailed;
}

}  // namespace

void AddBench(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("bench", "Load servers and tell what they bore");
  const auto options = std::make_shared<BenchOptions>();
  AddBenchOptions(*command, *options);
  command->callback([&context, options] { context.exit = Bench(context, *options); });
}

}  // namespace herd::cli
