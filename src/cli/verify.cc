#include "cli/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/progress.h"
#include "cli/replay_run.h"
#include "wire/shown.h"

namespace herd::cli {
namespace {

constexpr std::size_t kDifferencesMax = 5;
constexpr std::chrono::milliseconds kPause{200};

enum class Verdict { kWinning, kNewer, kWrong };

// The servers' answers about one mover, beside the targets; empty: none came.
using Answers = std::vector<std::string>;

Verdict Judge(const Answers& answers, const std::string& winner) {
  const std::string& first = answers.front();
  if (!std::ranges::all_of(answers, [&](const std::string& answer) { return answer == first; })) {
    return Verdict::kWrong;
  }
  if (first == winner) return Verdict::kWinning;
  return Wins(first, winner) ? Verdict::kNewer : Verdict::kWrong;
}

std::string Difference(const std::string& id, const Answers& answers, const std::string& winner,
                       const std::vector<Target>& targets) {
  std::string text = fmt::format("{}: should be {}", wire::Shown(id), wire::Shown(winner));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (answers[i] == winner) continue;
    text += fmt::format("\n  {} says {}", targets[i].label,
                        answers[i].empty() ? "nothing" : wire::Shown(answers[i]));
  }
  return text;
}

// One round of questions about `movers`; answers[mover] is beside the targets.
void Ask(const std::vector<std::size_t>& movers, const std::vector<std::string>& ids,
         const std::vector<Target>& targets, const ExchangeSettings& settings,
         std::vector<Answers>& answers) {
  std::vector<Lane> lanes;
  for (const Target& target : targets) lanes.push_back({target, {}});
  for (const std::size_t mover : movers) {
    answers[mover].assign(targets.size(), {});
    for (Lane& lane : lanes) lane.jobs.push_back(static_cast<JobId>(mover));
  }
  const ExchangeHooks hooks{
      .command =
          [&](JobId job) { return "WHATSAT " + ids[static_cast<std::size_t>(job)] + " 0 0"; },
      .due = [](JobId) { return std::chrono::nanoseconds(0); },
      .replied =
          [&](std::size_t lane, JobId job, std::string_view reply) {
            answers[static_cast<std::size_t>(job)][lane] = reply.substr(0, reply.find('\n'));
          },
      .tick = [] {}};
  RunExchange(lanes, settings, hooks);
}

}  // namespace

Verification Verify(const std::vector<std::string>& ids, const std::vector<std::string>& winners,
                    const std::vector<Target>& targets, const ExchangeSettings& settings,
                    std::chrono::milliseconds wait) {
  std::vector<std::size_t> asked;
  for (std::size_t mover = 0; mover < ids.size(); ++mover) {
    if (!winners[mover].empty()) asked.push_back(mover);
  }
  const std::size_t total = asked.size();
  std::vector<Answers> answers(ids.size());
  Verification verification;
  Progress progress("verifying");
  while (true) {
    Ask(asked, ids, targets, settings, answers);
    std::vector<std::size_t> wrong;
    for (const std::size_t mover : asked) {
      const Verdict verdict = Judge(answers[mover], winners[mover]);
      if (verdict == Verdict::kWinning) ++verification.winning;
      if (verdict == Verdict::kNewer) ++verification.newer;
      if (verdict == Verdict::kWrong) wrong.push_back(mover);
    }
    asked = std::move(wrong);
    progress.UpdateCount(total - asked.size(), total, "movers");
    if (asked.empty() || progress.Elapsed() >= wait) break;
    std::this_thread::sleep_for(kPause);
  }
  verification.elapsed = progress.Elapsed();
  verification.wrong = asked.size();
  for (const std::size_t mover : asked) {
    if (verification.differences.size() == kDifferencesMax) break;
    verification.differences.push_back(
        Difference(ids[mover], answers[mover], winners[mover], targets));
  }
  return verification;
}

}  // namespace herd::cli
