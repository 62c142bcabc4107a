#pragma once

#include "server/status.h"

namespace herd::server {

// What a journal says of a full disk since two minutes.
inline JournalStatus FailingJournal() {
  return {.told = {.state = journal::Status::State::kFailing,
                   .last_error = "No space left on device",
                   .failing_since = wire::UnixNanos{1},
                   .failures = 2},
          .failing_for = std::chrono::minutes(2)};
}

// A status in which every part that a server can have is there.
inline Status FullStatus() {
  Status status{.name = "Hands", .herd = "test", .version = "1.2.3"};
  status.uptime = std::chrono::milliseconds(2500);
  status.clients = 3;
  status.digest = fleet::Digest(0x0123456789abcdef);
  status.fleet = {.rows = 5, .bytes = 500};
  status.fleet_limit = {.rows = 60, .bytes = 6000};
  status.sessions = 4;
  status.sessions_limit = 100;
  status.sessions_opened = 7;
  status.sessions_refused = 1;
  status.http_requests = 9;
  status.exceptions = 8;
  status.sessions_address_limit = 25;
  status.sessions_closed = {1, 1, 1, 0, 0, 0, 0};
  status.buffer_bytes = 5'000;
  status.buffer_bytes_limit = 1'000'000;
  status.iamat = 50;
  status.whatsat = 6;
  status.invalid = 2;
  status.reports = {40, 5, 4, 1, 9};
  status.lookups = {3, 2, 1, 0, 0, 0};
  status.lookup_times.counts[2] = 4;
  status.lookup_times.counts.back() = 2;
  status.lookup_times.sum = std::chrono::milliseconds(1500);
  status.near_incomplete = 2;
  status.lookups_refused = places::Refusals{.address_share = 5, .breaker = 6};
  status.near_times.counts[0] = 3;
  status.near_times.sum = std::chrono::microseconds(40);
  status.loops.resize(2);
  status.loops[1].delay_max = std::chrono::microseconds(1500);
  LinkStatus up{.neighbour = "Wilkes",
                .address = "127.0.0.1:12104",
                .state = LinkStatus::State::kUp,
                .age = std::chrono::seconds(2),
                .times_up = 1,
                .lag_rows = 9,
                .round_trip = std::chrono::microseconds(250),
                .clock_ahead = std::chrono::milliseconds(-1500),
                .settings_differ = {"fleet.expire_after_s"},
                .bytes_in = 1000,
                .bytes_out = 2000};
  up.counters.rows_in = 10;
  up.counters.rows_out = 20;
  up.counters.rows_in_known = 5;
  up.counters.rows_in_full = 6;
  up.counters.rows_in_ahead = 7;
  up.counters.rows_in_unknown_servers = 8;
  up.counters.catch_up_rows_in = 4;
  up.counters.rows_caught_up = 3;
  up.counters.announced_out = 11;
  up.counters.needed = 1;
  up.counters.comparisons = 2;
  const LinkStatus down{.neighbour = "Ho\"liday\n", .address = "[::1]:1", .why = "refused \\ \x01"};
  status.links = {up, down};
  status.journal = JournalStatus{
      .told = {
          .state = journal::Status::State::kOk,
          .loaded =
              {.rows = 30, .expired = 2, .bad = 1, .full = 3, .ahead = 4, .unknown_servers = 5},
          .load_time = std::chrono::milliseconds(500),
          .rows_written = 70,
          .bytes_written = 7000,
          .syncs = 6,
          .last_sync_time = std::chrono::milliseconds(2),
          .max_sync_time = std::chrono::milliseconds(250),
          .changes_waiting = 8,
          .waiters = 1}};
  status.durability = DurabilityStatus{.disk = true,
                                       .peers = 0,
                                       .refuses = true,
                                       .counts = {.durable = 60, .refused = 3, .in_memory = 0}};
  status.log = {.dropped = 12, .traffic_dropped = 13};
  status.process = {
      .memory_resident_bytes = 1'048'576, .open_files = 12, .open_files_limit = 20'000};
  return status;
}

}  // namespace herd::server
