#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herd::cli {

// What /v1/status of one server says, as far as people are shown it. What a server of another
// version does not say is 0 or empty.
struct LinkView {
  std::string neighbour;
  std::string state;
  std::string why;
  double since_s = 0;
  std::optional<std::uint64_t> lag_rows;
  std::optional<double> round_trip_ms;
  std::uint64_t rows_in = 0;
  std::uint64_t rows_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t older = 0;
  std::uint64_t unknown_messages = 0;
  std::uint64_t repairs = 0;
  std::optional<double> clock_ahead_s;
  std::vector<std::string> settings_differ;

  bool up() const { return state == "up"; }
};

struct JournalView {
  std::string state;
  std::string last_error;
  double failing_s = 0;
  std::uint64_t failures = 0;
  std::uint64_t rows_loaded = 0;
  std::uint64_t rows_held_back = 0;
  bool damaged = false;
  std::string set_aside;
  std::uint64_t rows_written = 0;
  std::uint64_t lag_rows = 0;
  double sync_last_s = 0;
  double sync_max_s = 0;

  bool failing() const { return state == "failing"; }
};

struct ServerView {
  std::string name;
  bool ready = false;
  std::string reason;  // why it is not ready
  double uptime_s = 0;
  std::uint64_t clients = 0;
  std::string digest;
  std::uint64_t sessions = 0;
  std::uint64_t iamat = 0;
  std::uint64_t whatsat = 0;
  double delay_max_s = 0;  // of the slowest loop, over the last minute
  std::string clock;       // `state` of the status' clock
  std::optional<JournalView> journal;
  std::vector<LinkView> links;

  std::size_t LinksUp() const;
  // Of the link that lags most.
  std::uint64_t LagRows() const;
};

// The error says what is wrong with `json`.
std::expected<ServerView, std::string> ParseServerView(std::string_view json);

}  // namespace herd::cli
