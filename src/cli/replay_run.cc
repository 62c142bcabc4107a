#include "cli/replay_run.h"

#include <fmt/format.h>

#include <utility>

#include "cli/now.h"
#include "cli/progress.h"
#include "fleet/order.h"
#include "wire/at.h"
#include "wire/shown.h"

namespace herd::cli {
namespace {

std::size_t IndexOf(JobId job) {
  return static_cast<std::size_t>(job);
}

// Counts replies and keeps what wins.
class Tally {
 public:
  Tally(const ReplayPlan& plan, ReplayResult& result) : plan_(plan), result_(result) {
    result_.winners.resize(plan.ids.size());
  }

  void Add(JobId job, std::string_view reply) {
    const Step& step = plan_.steps[IndexOf(job)];
    const std::string_view line = reply.substr(0, reply.find('\n'));
    const auto at = wire::ParseAt(line);
    const bool of_this_row = at && at->client == plan_.ids[step.mover] &&
                             at->location_text == step.location &&
                             (step.time.empty() || at->time_text == step.time);
    if (!of_this_row) {
      if (result_.refused++ == 0) result_.refused_example = wire::Shown(line);
      return;
    }
    ++result_.answered;
    std::string& winner = result_.winners[step.mover];
    if (Wins(line, winner)) winner = line;
  }

  std::uint64_t replies() const { return result_.answered + result_.refused; }

 private:
  const ReplayPlan& plan_;
  ReplayResult& result_;
};

}  // namespace

bool Wins(std::string_view line, std::string_view over) {
  const auto a = wire::ParseAt(line);
  const auto b = wire::ParseAt(over);
  if (!a || !b) return a.has_value();
  return fleet::Compare(*a, *b) > 0;
}

ReplayResult RunReplay(const ReplayPlan& plan, const std::vector<Target>& targets,
                       const ExchangeSettings& settings) {
  std::vector<Lane> lanes;
  for (const Target& target : targets) lanes.push_back({target, {}});
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    lanes[i % lanes.size()].jobs.push_back(static_cast<JobId>(i));
  }
  ReplayResult result;
  Tally tally(plan, result);
  Progress progress("replaying");
  const ExchangeHooks hooks{
      .command =
          [&](JobId job) {
            const Step& step = plan.steps[IndexOf(job)];
            return fmt::format("IAMAT {} {} {}", plan.ids[step.mover], step.location,
                               step.time.empty() ? NowText() : step.time);
          },
      .due = [&](JobId job) { return plan.steps[IndexOf(job)].due; },
      .replied = [&](std::size_t, JobId job, std::string_view reply) { tally.Add(job, reply); },
      .tick = [&] { progress.UpdateCount(tally.replies(), plan.steps.size(), "rows"); }};
  result.lanes = RunExchange(lanes, settings, hooks);
  result.elapsed = progress.Elapsed();
  for (const LaneOutcome& lane : result.lanes) {
    result.sent += lane.sent;
    result.resent += lane.resent;
    result.reconnects += lane.reconnects;
  }
  result.unanswered = plan.steps.size() - tally.replies();
  if (result.unanswered == 0) {
    progress.Done(fmt::format("{} rows answered", WithThousands(tally.replies())));
  }
  return result;
}

}  // namespace herd::cli
