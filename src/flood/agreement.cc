#include "flood/agreement.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "flood/handshake.h"

namespace herd::flood {
namespace {

using std::chrono::nanoseconds;

nanoseconds Size(nanoseconds difference) {
  return difference < nanoseconds::zero() ? -difference : difference;
}

std::string OrNone(const std::string& value) {
  return value.empty() ? "none" : value;
}

}  // namespace

void Agreement::Greet(std::string& out) const {
  if (!expected_.settings.empty()) Append(out, expected_.settings);
}

void Agreement::Receive(const Settings& theirs) {
  std::map<std::string_view, SettingDifference> all;
  for (const auto& [name, value] : expected_.settings) all[name].ours = value;
  for (const auto& [name, value] : theirs.settings) all[name].theirs = Printable(value);
  settings_differ_.clear();
  std::string text;
  for (auto& [name, setting] : all) {
    if (setting.ours == setting.theirs) continue;
    setting.name = Printable(name);
    text += (text.empty() ? "" : ", ") + setting.name + " is " + OrNone(setting.theirs) +
            " there and " + OrNone(setting.ours) + " here";
    settings_differ_.push_back(std::move(setting));
  }
  if (text.empty() || !expected_.warn_of_settings) return;
  expected_.warn_of_settings(
      text + ": all servers of a herd need the same; rows are not compared again until they have");
}

void Agreement::Receive(wire::UnixNanos theirs, wire::UnixNanos ours, nanoseconds round_trip) {
  // Theirs is any number; a century is as bad as any more.
  constexpr wire::Int128 kMax = nanoseconds(std::chrono::years(100)).count();
  const auto ahead = std::clamp((theirs - ours).nanos + round_trip.count() / 2, -kMax, kMax);
  clock_ahead_ = nanoseconds(static_cast<std::int64_t>(ahead));
  // The answer may have been given at any moment of the round trip.
  const nanoseconds sure = Size(*clock_ahead_) - round_trip / 2;
  const bool was_off = std::exchange(clock_is_off_, sure >= expected_.clock_difference);
  if (was_off || !clock_is_off_ || !expected_.warn_of_clock) return;
  std::string text = "its clock is ";
  wire::AppendSkew(text, wire::Skew{clock_ahead_->count()});
  expected_.warn_of_clock(text + " s from ours: set the clocks of both servers");
}

bool Agreement::reached() const {
  return settings_differ_.empty() &&
         (!clock_ahead_ || Size(*clock_ahead_) < expected_.clock_difference_max);
}

}  // namespace herd::flood
