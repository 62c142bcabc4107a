#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flood/message.h"
#include "flood/pace.h"
#include "wire/time.h"

namespace herd::flood {

// One that two neighbours have not alike.
struct SettingDifference {
  std::string name;
  std::string ours;
  std::string theirs;  // printable
};

// What two neighbours must agree in so that they can hold the same rows: settings, which each tells
// the other when the link opens, and clocks, which each compares with every heartbeat.
//
// A machine without socket, clock or thread, as a link is; part of one.
class Agreement {
 public:
  struct Expected {
    std::vector<Setting> settings;                                     // ours
    std::chrono::nanoseconds clock_difference{std::chrono::hours(1)};  // warns from there on
    // From there on, repeated comparisons would bring again what one clock holds expired.
    std::chrono::nanoseconds clock_difference_max{std::chrono::hours(1)};
    // Called with what an operator must mend, for the log; may be empty. Once a link for settings;
    // for clocks whenever the difference has come to be too large.
    std::function<void(const std::string&)> warn_of_settings;
    std::function<void(const std::string&)> warn_of_clock;
  };

  explicit Agreement(Expected expected) : expected_(std::move(expected)) {}

  // Says our settings.
  void Greet(std::string& out) const;

  void Receive(const Settings& theirs);

  // The neighbour's clock stood at `theirs` when it answered a PING; the answer came after
  // `round_trip`, when our clock stood at `ours`.
  void Receive(wire::UnixNanos theirs, wire::UnixNanos ours, std::chrono::nanoseconds round_trip);

  // What was found so far.
  const std::vector<SettingDifference>& settings_differ() const { return settings_differ_; }
  // How far its clock is ahead of ours; negative when it is behind.
  std::optional<std::chrono::nanoseconds> clock_ahead() const { return clock_ahead_; }

  // Whether both hold the same rows for expired, and so on: only then does comparing again and
  // again come to an end.
  bool reached() const;

 private:
  const Expected expected_;
  std::vector<SettingDifference> settings_differ_;
  std::optional<std::chrono::nanoseconds> clock_ahead_;
  bool clock_is_off_ = false;
};

}  // namespace herd::flood
