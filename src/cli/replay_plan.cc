#include "cli/replay_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "wire/ascii.h"
#include "wire/command.h"
#include "wire/shown.h"
#include "wire/time.h"

namespace herd::cli {
namespace {

std::string_view Trimmed(std::string_view name) {
  while (!name.empty() && wire::IsSpace(name.front())) name.remove_prefix(1);
  while (!name.empty() && wire::IsSpace(name.back())) name.remove_suffix(1);
  return name;
}

// White space around an ID is not part of it; within, it becomes '_', since the protocol's fields
// are separated by it.
std::string CleanId(std::string_view name) {
  std::string id(Trimmed(name));
  std::ranges::replace_if(id, wire::IsSpace, '_');
  return id;
}

// Numbers movers by the IDs they get.
class Movers {
 public:
  // Nothing for a name that cannot be an ID; the error when another name has the same ID already.
  std::expected<std::optional<std::uint32_t>, std::string> Number(const std::string& name) {
    if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
    std::string id = CleanId(name);
    if (!wire::IsClientId(id)) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(ids_.size());
    const auto [entry, is_new] = by_id_.emplace(id, Known{number, name});
    // Other white space around the same name is no other mover.
    const bool same = !is_new && std::ranges::equal(Trimmed(entry->second.name), Trimmed(name));
    if (!is_new && !same) {
      return std::unexpected(
          fmt::format("\"{}\" and \"{}\" are two movers, but both would be sent as {}: IDs cannot "
                      "hold white space",
                      wire::Shown(entry->second.name), wire::Shown(name), wire::Shown(id)));
    }
    by_name_.emplace(name, entry->second.number);
    if (!is_new) return entry->second.number;
    if (id != Trimmed(name)) ++renamed_;
    ids_.push_back(std::move(id));
    return number;
  }

  std::vector<std::string> TakeIds() { return std::move(ids_); }
  std::uint64_t renamed() const { return renamed_; }

 private:
  struct Known {
    std::uint32_t number = 0;
    std::string name;
  };

  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::unordered_map<std::string, Known> by_id_;
  std::vector<std::string> ids_;
  std::uint64_t renamed_ = 0;
};

// Sets when each step is due and puts the steps in that order. A row that lies back in its mover's
// own time is due with the row before it.
void Pace(std::vector<Step>& steps, std::size_t movers, double speed) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::vector<std::int64_t> latest(movers, kNone);
  std::vector<std::int64_t> at;
  at.reserve(steps.size());
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const Step& step : steps) {
    const auto time = wire::ParsePosixTime(step.time);
    std::int64_t& last = latest[step.mover];
    if (time) last = std::max(last, time->value);
    at.push_back(last);
    if (last != kNone) first = std::min(first, last);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    // A mover's rows before its first time are due at once.
    const double behind =
        at[i] == kNone ? 0 : static_cast<double>(at[i]) - static_cast<double>(first);
    // 292 years; a slower replay would not end within a count of nanoseconds.
    constexpr double kDueMax = 9.2e18;
    steps[i].due =
        std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(behind / speed, kDueMax)));
  }
  std::ranges::stable_sort(steps, {}, &Step::due);
}

}  // namespace

std::expected<ReplayPlan, std::string> MakePlan(Rows& rows, std::optional<double> speed) {
  ReplayPlan plan;
  Movers movers;
  for (Row& row : rows.rows) {
    const auto mover = movers.Number(row.mover);
    if (!mover) return std::unexpected(mover.error());
    if (!*mover) {
      rows.LeaveOut("an ID that is empty or longer than 255 bytes", row.line, row.mover);
      continue;
    }
    plan.steps.push_back({**mover, std::move(row.location), std::move(row.time), {}});
  }
  rows.rows.clear();
  rows.rows.shrink_to_fit();
  plan.ids = movers.TakeIds();
  plan.renamed = movers.renamed();
  if (speed) Pace(plan.steps, plan.ids.size(), *speed);
  return plan;
}

bool LooksLikeRowNumbers(const ReplayPlan& plan) {
  constexpr std::size_t kRowsMin = 20;
  return plan.steps.size() >= kRowsMin && plan.ids.size() * 10 > plan.steps.size() * 9;
}

}  // namespace herd::cli
