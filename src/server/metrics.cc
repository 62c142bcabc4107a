#include "server/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace herd::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;
using Labels = std::vector<Label>;

template <typename Number>
double Double(Number number) {
  return static_cast<double>(number);
}

double Double(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

class Families {
 public:
  // A family that the next samples belong to. One without samples is left out.
  void Counter(const char* name, const char* help) { Begin(name, help, MetricType::Counter); }
  void Gauge(const char* name, const char* help) { Begin(name, help, MetricType::Gauge); }
  void Histogram(const char* name, const char* help) { Begin(name, help, MetricType::Histogram); }

  template <typename Number>
  void Sample(Number value, Labels labels = {}) {
    ClientMetric& metric = Add(std::move(labels));
    metric.counter.value = Double(value);
    metric.gauge.value = Double(value);
  }

  void Sample(const DurationCounts& durations, Labels labels = {}) {
    ClientMetric::Histogram& histogram = Add(std::move(labels)).histogram;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
      below += durations.counts[i];
      histogram.bucket.push_back({below, Double(std::chrono::nanoseconds(kDurationBounds[i]))});
    }
    histogram.sample_count = durations.count();
    histogram.sample_sum = Double(durations.sum);
  }

  std::vector<MetricFamily> Take() {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    return std::move(families_);
  }

 private:
  std::vector<MetricFamily> families_;

  void Begin(const char* name, const char* help, MetricType type) {
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
  }

  ClientMetric& Add(Labels labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
};

void AddServer(const Status& status, Families& families) {
  families.Gauge("herd_build_info", "Always 1; what runs, in its labels.");
  families.Sample(1, {{"version", status.version}, {"herd", status.herd}, {"server", status.name}});
  families.Gauge("herd_uptime_seconds", "Since the server started.");
  families.Sample(status.uptime);
  families.Gauge("herd_ready", "1 when /readyz says 200.");
  families.Sample(WhyNotReady(status) ? 0 : 1);
  families.Gauge("herd_clients", "Clients whose place is known.");
  families.Sample(status.clients);
  families.Gauge("herd_fleet_digest",
                 "The upper 48 bits of the digest of all rows: two servers with the same rows have "
                 "the same.");
  constexpr unsigned kBitsLeftOut = 16;  // so that a double holds it exactly
  families.Sample(status.digest.value() >> kBitsLeftOut);
  families.Counter("herd_log_lines_dropped_total",
                   "Lines of a log that were dropped, for its output was too slow or failed.");
  families.Sample(status.log.dropped, {{"log", "server"}});
  if (status.log.traffic_dropped)
    families.Sample(*status.log.traffic_dropped, {{"log", "traffic"}});
  families.Gauge("herd_fleet_rows", "Rows that are held: of clients, and of forgotten ones.");
  families.Sample(status.fleet.rows);
  families.Gauge("herd_fleet_rows_limit",
                 "How many there may be before new clients are refused, all of the usual shape.");
  families.Sample(status.fleet_limit.rows);
  families.Gauge("herd_fleet_bytes", "Memory of all rows.");
  families.Sample(status.fleet.bytes);
  families.Gauge("herd_fleet_bytes_limit", "How much that may be before new clients are refused.");
  families.Sample(status.fleet_limit.bytes);
  families.Gauge("herd_memory_resident_bytes", "Memory of the process that is in RAM.");
  families.Sample(status.process.memory_resident_bytes);
  families.Gauge("herd_open_files", "Descriptors that the process has open.");
  families.Sample(status.process.open_files);
  families.Gauge("herd_open_files_limit", "How many it may have open.");
  families.Sample(status.process.open_files_limit);
}

void AddClients(const Status& status, Families& families) {
  families.Gauge("herd_sessions", "Clients that are connected now.");
  families.Sample(status.sessions);
  families.Gauge("herd_sessions_limit", "How many may be connected at once.");
  families.Sample(status.sessions_limit);
  families.Counter("herd_sessions_opened_total", "Connections of clients that were taken.");
  families.Sample(status.sessions_opened);
  families.Counter("herd_sessions_refused_total",
                   "Connections of clients that were closed at once, for a limit was reached.");
  families.Sample(status.sessions_refused);
  families.Counter("herd_sessions_http_total",
                   "Connections of clients that were closed since their first line was an HTTP "
                   "request.");
  families.Sample(status.http_requests);
  families.Gauge("herd_sessions_address_limit",
                 "How many of one address may be connected at once.");
  families.Sample(status.sessions_address_limit);
  families.Counter("herd_sessions_closed_total",
                   "Connections of clients that ended, by why: finished, gone, idle, dropped, "
                   "no_command in time, made_room for another, or greedy with memory.");
  for (std::size_t i = 0; i < net::kCloseReasons; ++i) {
    families.Sample(status.sessions_closed[i],
                    {{"reason", WordFor(static_cast<net::CloseReason>(i))}});
  }
  families.Gauge("herd_client_buffer_bytes",
                 "Memory for commands of clients that are not taken yet and replies that wait, of "
                 "connections that hold 4 KiB or more; and what the system holds of those whose "
                 "sockets are full.");
  families.Sample(status.buffer_bytes);
  families.Gauge("herd_client_buffer_bytes_limit", "limits.buffers_bytes.");
  families.Sample(status.buffer_bytes_limit);
  families.Counter("herd_commands_total",
                   "Lines of clients: iamat, whatsat, or invalid, which got a ?.");
  families.Sample(status.iamat, {{"kind", "iamat"}});
  families.Sample(status.whatsat, {{"kind", "whatsat"}});
  families.Sample(status.invalid, {{"kind", "invalid"}});
  families.Counter("herd_reports_total",
                   "Reports of this server's own clients: stored, older than what was known, known "
                   "already, expired, or refused since the fleet is full.");
  for (const fleet::Applied outcome : kReportOutcomes)
    families.Sample(status.reports[IndexOf(outcome)], {{"outcome", WordFor(outcome)}});
  families.Counter("herd_place_lookups_total",
                   "Look-ups of places by how they ended, in Google's words.");
  for (const places::Status outcome : kLookupOutcomes) {
    families.Sample(status.lookups[IndexOf(outcome)],
                    {{"outcome", std::string(places::StatusWord(outcome))}});
  }
  families.Counter("herd_google_refused_total",
                   "Look-ups that Google was not asked for: the share of an address or a client "
                   "in the budget, or all of the minute's or the day's, was spent, the circuit "
                   "breaker was open, or very many waited for the same answer already.");
  if (const auto& refused = status.lookups_refused) {
    families.Sample(refused->address_share, {{"reason", "address_share"}});
    families.Sample(refused->client_share, {{"reason", "client_share"}});
    families.Sample(refused->minute_budget, {{"reason", "minute_budget"}});
    families.Sample(refused->day_budget, {{"reason", "day_budget"}});
    families.Sample(refused->breaker, {{"reason", "breaker"}});
    families.Sample(refused->waiting, {{"reason", "waiting"}});
  }
  families.Histogram("herd_place_lookup_duration_seconds", "How long look-ups of places took.");
  families.Sample(status.lookup_times);
  families.Counter("herd_near_incomplete_total",
                   "Answers of /v1/near that limits.near_rows or limits.near_cells cut short.");
  families.Sample(status.near_incomplete);
  families.Histogram("herd_near_duration_seconds",
                     "How long it took to find the clients near a point, for /v1/near.");
  families.Sample(status.near_times);
}

void AddLoops(const Status& status, Families& families) {
  const auto each = [&](const auto& sample) {
    for (std::size_t i = 0; i < status.loops.size(); ++i)
      sample(status.loops[i], Labels{{"loop", std::to_string(i)}});
  };
  families.Histogram("herd_loop_delay_seconds",
                     "How late the beats of a loop came, ten a second: how long all else on it had "
                     "to wait.");
  each([&](const LoopStatus& loop, Labels labels) {
    families.Sample(loop.delays, std::move(labels));
  });
  families.Counter("herd_loop_exceptions_total",
                   "Exceptions that nothing expected, each of which cost one connection or task: "
                   "should be 0.");
  families.Sample(status.exceptions);
  families.Gauge("herd_loop_delay_max_seconds", "The longest such delay of the last minute.");
  each([&](const LoopStatus& loop, Labels labels) {
    families.Sample(loop.delay_max, std::move(labels));
  });
}

void AddLinks(const Status& status, Families& families) {
  const auto each = [&](const auto& value, Labels labels = {}) {
    for (const LinkStatus& link : status.links) {
      Labels all = {{"link", link.neighbour}};
      all.insert(all.end(), labels.begin(), labels.end());
      families.Sample(std::invoke(value, link), std::move(all));
    }
  };
  const auto each_if = [&](const auto& value) {
    for (const LinkStatus& link : status.links) {
      if (const auto& known = std::invoke(value, link))
        families.Sample(*known, {{"link", link.neighbour}});
    }
  };
  families.Gauge("herd_link_up", "1 when the link to that neighbour is up.");
  each([](const LinkStatus& link) { return link.state == LinkStatus::State::kUp ? 1 : 0; });
  families.Gauge("herd_link_age_seconds", "For how long it has been up, or not up.");
  each(&LinkStatus::age);
  families.Counter("herd_link_ups_total", "How often it came up.");
  each(&LinkStatus::times_up);
  families.Gauge("herd_link_lag_rows",
                 "Rows that changed and were not handed to the link yet, while it is up.");
  each_if(&LinkStatus::lag_rows);
  families.Gauge("herd_link_round_trip_seconds", "Of the last heartbeat, while it is up.");
  each_if(&LinkStatus::round_trip);
  families.Gauge(
      "herd_link_clock_ahead_seconds",
      "How far the neighbour's clock is ahead of ours, or behind when negative, while the "
      "link is up.");
  each_if(&LinkStatus::clock_ahead);
  families.Gauge("herd_link_settings_differ",
                 "How many settings the neighbour has that must be the same and are not: should be "
                 "0.");
  each([](const LinkStatus& link) { return link.settings_differ.size(); });
  families.Counter("herd_link_rows_total", "Rows that came in and went out.");
  each([](const LinkStatus& link) { return link.counters.rows_in; }, {{"direction", "in"}});
  each([](const LinkStatus& link) { return link.counters.rows_out; }, {{"direction", "out"}});
  families.Counter("herd_link_bytes_total", "Bytes that came in and went out.");
  each(&LinkStatus::bytes_in, {{"direction", "in"}});
  each(&LinkStatus::bytes_out, {{"direction", "out"}});
  families.Counter("herd_link_duplicate_rows_total",
                   "Rows that came in and were known already, by another way.");
  each([](const LinkStatus& link) { return link.counters.rows_in_known; });
  families.Counter("herd_link_older_rows_total",
                   "Rows that came in and lost against what was known.");
  each([](const LinkStatus& link) { return link.counters.rows_in_older; });
  families.Counter("herd_link_expired_rows_total", "Rows that came in and had expired.");
  each([](const LinkStatus& link) { return link.counters.rows_in_expired; });
  families.Counter("herd_link_refused_rows_total",
                   "Rows that came in and were not kept: of new clients while the fleet is full, "
                   "received in the future, or by a server that is none of the herd.");
  each([](const LinkStatus& link) { return link.counters.rows_in_full; }, {{"reason", "full"}});
  each([](const LinkStatus& link) { return link.counters.rows_in_ahead; }, {{"reason", "ahead"}});
  each([](const LinkStatus& link) { return link.counters.rows_in_unknown_servers; },
       {{"reason", "unknown_server"}});
  families.Counter("herd_link_unknown_messages_total",
                   "Messages that came in and were none: should be 0.");
  each([](const LinkStatus& link) { return link.counters.messages_unknown; });
  families.Counter(
      "herd_link_topology_ignored_total",
      "Messages about links that the configuration or the clock contradicts, which are "
      "not believed: should be 0.");
  each([](const LinkStatus& link) { return link.counters.links_ignored; });
  families.Counter("herd_link_rivals_total",
                   "Connections in the neighbour's name that were refused, since its link stands "
                   "and answers: should be 0.");
  each(&LinkStatus::rivals);
  families.Gauge("herd_link_strangers",
                 "Connections to the port for neighbours that have not become links.");
  families.Sample(status.strangers);
  families.Counter("herd_link_strangers_displaced_total",
                   "Of those, the ones that were closed to make room for others.");
  families.Sample(status.strangers_displaced);
  families.Counter("herd_link_out_of_turn_messages_total",
                   "Messages that came in and were ignored, since they may not come then: should "
                   "be 0.");
  each([](const LinkStatus& link) { return link.counters.messages_out_of_turn; });
  families.Counter("herd_link_unsendable_rows_total",
                   "Rows that were left out, since they are longer than a message: should be 0.");
  each([](const LinkStatus& link) { return link.counters.rows_unsendable; });
  families.Counter("herd_link_announced_rows_total",
                   "Rows that were only told of, since another way leads to the neighbour.");
  each([](const LinkStatus& link) { return link.counters.announced_in; }, {{"direction", "in"}});
  each([](const LinkStatus& link) { return link.counters.announced_out; }, {{"direction", "out"}});
  families.Counter("herd_link_asked_for_rows_total",
                   "Rows announced to us that we asked for, since nobody else brought them.");
  each([](const LinkStatus& link) { return link.counters.needed; });
  families.Counter("herd_link_catch_up_rows_total",
                   "Rows sent again, since the other side may have missed them.");
  each([](const LinkStatus& link) { return link.counters.catch_up_rows_in; },
       {{"direction", "in"}});
  each([](const LinkStatus& link) { return link.counters.catch_up_rows_out; },
       {{"direction", "out"}});
  families.Counter("herd_link_caught_up_rows_total",
                   "Of the rows that came in so, those that had been missed indeed.");
  each([](const LinkStatus& link) { return link.counters.rows_caught_up; });
  families.Counter("herd_link_comparisons_total",
                   "Comparisons of all rows with the neighbour that were finished.");
  each([](const LinkStatus& link) { return link.counters.comparisons; });
  families.Counter("herd_link_repairs_total",
                   "Rows that a comparison found missing while the link was healthy: should be 0.");
  each([](const LinkStatus& link) { return link.counters.repairs; });
}

void AddClock(const Status& status, Families& families) {
  using State = journal::ClockGuard::State;
  families.Gauge("herd_clock_state",
                 "1 for what is thought of the machine's clock: rows expire by it only while it is "
                 "believed.");
  for (const State state : {State::kBelieved, State::kAheadAtStart, State::kJumped})
    families.Sample(status.clock.state == state ? 1 : 0, {{"state", WordFor(state)}});
}

void AddJournal(const Status& status, Families& families) {
  if (!status.journal) return;
  using State = journal::Status::State;
  const journal::Status& told = status.journal->told;
  families.Gauge("herd_journal_state", "1 for the state that the journal is in.");
  for (const State state : {State::kLoading, State::kOk, State::kFailing})
    families.Sample(told.state == state ? 1 : 0, {{"state", WordFor(state)}});
  families.Gauge("herd_journal_failing_seconds",
                 "For how long the journal has failed; 0 while it works.");
  families.Sample(status.journal->failing_for);
  families.Counter("herd_journal_failures_total", "How often the journal began to fail.");
  families.Sample(told.failures);
  families.Gauge("herd_journal_load_seconds", "How long the start took to load the journal.");
  families.Sample(told.load_time);
  families.Gauge(
      "herd_journal_loaded_rows",
      "Rows that the start found in the journal: taken, expired, bad, which are no AT lines, or "
      "left there: since the fleet was full, they were received in the future, or they name a "
      "server that is none of the herd.");
  families.Sample(told.loaded.rows, {{"outcome", "taken"}});
  families.Sample(told.loaded.expired, {{"outcome", "expired"}});
  families.Sample(told.loaded.bad, {{"outcome", "bad"}});
  families.Sample(told.loaded.full, {{"outcome", "full"}});
  families.Sample(told.loaded.ahead, {{"outcome", "ahead"}});
  families.Sample(told.loaded.unknown_servers, {{"outcome", "unknown_server"}});
  families.Gauge("herd_journal_held_back_rows",
                 "Rows that seem to have expired by a clock that is in doubt: on the disk, not in "
                 "the fleet.");
  families.Sample(told.held_back);
  families.Counter("herd_journal_damages_total",
                   "How often the journal's files were found damaged, gone or exchanged, by the "
                   "start or later.");
  families.Sample(told.damages);
  families.Counter("herd_journal_rows_written_total",
                   "Rows written to the journal, those written again too.");
  families.Sample(told.rows_written);
  families.Counter("herd_journal_bytes_written_total",
                   "Bytes written to the journal: of clients and AT lines.");
  families.Sample(told.bytes_written);
  families.Counter("herd_journal_syncs_total",
                   "How often the journal had the disk sync what was written.");
  families.Sample(told.syncs);
  families.Gauge("herd_journal_last_sync_seconds",
                 "How long the last sync took, with the writing before it.");
  families.Sample(told.last_sync_time);
  families.Gauge("herd_journal_max_sync_seconds",
                 "How long the longest sync took since the start.");
  families.Sample(told.max_sync_time);
  families.Gauge("herd_journal_lag_rows", "Changes that are not written to the journal yet.");
  families.Sample(told.changes_waiting);
  families.Gauge("herd_journal_waiters", "How many replies wait for the next sync.");
  families.Sample(told.waiters);
}

void AddDurability(const Status& status, Families& families) {
  if (!status.durability) return;
  const Durability::Counts& counts = status.durability->counts;
  families.Counter("herd_acknowledgements_total",
                   "Replies that had to wait for the disk or for neighbours: sent once these had "
                   "their reports, refused with their connection, or sent all the same.");
  families.Sample(counts.durable, {{"outcome", "durable"}});
  families.Sample(counts.refused, {{"outcome", "refused"}});
  families.Sample(counts.in_memory, {{"outcome", "in_memory"}});
}

}  // namespace

std::vector<MetricFamily> Metrics(const Status& status) {
  Families families;
  AddServer(status, families);
  AddClients(status, families);
  AddLoops(status, families);
  AddLinks(status, families);
  AddClock(status, families);
  AddJournal(status, families);
  AddDurability(status, families);
  return families.Take();
}

std::string MetricsText(const Status& status) {
  return prometheus::TextSerializer().Serialize(Metrics(status));
}

}  // namespace herd::server
