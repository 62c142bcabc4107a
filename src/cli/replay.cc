#include "cli/replay.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "cli/ask.h"
#include "cli/connection.h"
#include "cli/progress.h"
#include "cli/replay_options.h"
#include "cli/replay_plan.h"
#include "cli/replay_report.h"
#include "cli/replay_run.h"
#include "cli/verify.h"

namespace herd::cli {
namespace {

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// Says which servers cannot be reached; with any of them nothing is sent.
bool AllReachable(const std::vector<Target>& targets, const ExchangeSettings& settings) {
  bool all = true;
  for (const Target& target : targets) {
    const auto connection = Connection::Connect(target.endpoint, settings.timeout);
    if (connection) continue;
    Complain(fmt::format("{} ({}): {}", target.label, server::ToString(target.endpoint),
                         connection.error()));
    all = false;
  }
  return all;
}

void Announce(const ReplayOptions& options, const ReplayPlan& plan,
              const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(target.label);
  fmt::print(stderr, "{}: {} rows, {} {}, to {}{}, {}\n", options.file,
             WithThousands(plan.steps.size()), WithThousands(plan.ids.size()),
             plan.ids.size() == 1 ? "mover" : "movers", fmt::join(names, ", "),
             names.size() > 1 ? " in turn" : "",
             options.speed == "max" ? "as fast as possible" : "at speed " + options.speed);
}

void WarnOfRowNumbers(const ReplayPlan& plan, const std::string& columns) {
  if (!LooksLikeRowNumbers(plan)) return;
  Complain(fmt::format("warning: {} of {} rows have an ID of their own; is --id-column right? ({})",
                       WithThousands(plan.ids.size()), WithThousands(plan.steps.size()), columns));
}

Exit ExitOf(const ReplayReport& report) {
  const ReplayResult& result = report.result;
  if (result.unanswered > 0 && result.answered + result.refused == 0) return Exit::kUnreachable;
  const bool verified = !report.verification || report.verification->wrong == 0;
  return result.unanswered == 0 && result.refused == 0 && verified ? Exit::kOk : Exit::kFailed;
}

// All servers of the configuration, unless only servers outside it were sent to.
std::vector<Target> ServersToVerify(const server::Config& config, const ReplayOptions& options,
                                    const std::vector<Target>& targets) {
  bool any_of_config = options.server.empty();
  for (const std::string& name : options.server) any_of_config |= config.Find(name) != nullptr;
  return any_of_config ? FindTargets(config, {}).value_or(targets) : targets;
}

// What can be wrong before anything is sent.
struct Prepared {
  server::Config config;
  std::vector<Target> targets;
  ReplayPlan plan;
  ReplayReport report;
};

std::expected<Prepared, std::string> Prepare(const Context& context, const ReplayOptions& options) {
  auto config = context.Config();
  if (!config) return std::unexpected(config.error());
  auto targets = FindTargets(*config, options.server);
  if (!targets) return std::unexpected(targets.error());
  const auto speed = ReadSpeed(options.speed);
  if (!speed) return std::unexpected(speed.error());
  auto input = ReadInput(options);
  if (!input) return std::unexpected(input.error());
  auto plan = MakePlan(input->rows, *speed);
  if (!plan) return std::unexpected(fmt::format("{}: {}", options.file, plan.error()));
  ReplayReport report;
  report.file = options.file;
  report.columns = std::move(input->columns);
  report.targets = *targets;
  report.movers = plan->ids.size();
  report.renamed = plan->renamed;
  report.left_out = std::move(input->rows.left_out);
  return Prepared{*std::move(config), *std::move(targets), *std::move(plan), std::move(report)};
}

Exit Replay(const Context& context, const ReplayOptions& options) {
  auto prepared = Prepare(context, options);
  if (!prepared) {
    Complain(prepared.error());
    return Exit::kUsage;
  }
  auto& [config, targets, plan, report] = *prepared;
  if (plan.steps.empty()) {
    Complain(fmt::format("{}: no row can be sent", options.file));
    for (const auto& [reason, left] : report.left_out) {
      Complain(fmt::format("{} rows: {} (first: line {}, \"{}\")", WithThousands(left.count),
                           reason, left.first_line, left.example));
    }
    return Exit::kUsage;
  }
  const ExchangeSettings settings{.window = options.window,
                                  .timeout = Milliseconds(options.timeout_s)};
  if (!AllReachable(targets, settings)) {
    Complain("nothing was sent; is the herd up? (herd up) Or choose with --server");
    return Exit::kUnreachable;
  }
  WarnOfRowNumbers(plan, report.columns);
  Announce(options, plan, targets);
  report.result = RunReplay(plan, targets, settings);
  if (options.verify) {
    const std::vector<Target> asked = ServersToVerify(config, options, targets);
    report.servers_asked = asked.size();
    report.verification = Verify(plan.ids, report.result.winners, asked, settings,
                                 Milliseconds(options.verify_timeout_s));
  }
  fmt::print("{}", options.json ? ReportJson(report) : ReportText(report));
  return ExitOf(report);
}

}  // namespace

void AddReplay(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("replay", "Send the positions of a GPX or CSV file to servers");
  const auto options = std::make_shared<ReplayOptions>();
  AddReplayOptions(*command, *options);
  command->callback([&context, options] { context.exit = Replay(context, *options); });
}

}  // namespace herd::cli
