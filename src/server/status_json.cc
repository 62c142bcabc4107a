#include "server/status_json.h"

#include <fmt/format.h>

#include "server/json_writer.h"

namespace herd::server {
namespace {

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// {"count":…,"sum_s":…,"buckets":[[UPPER BOUND,COUNT],…]}: the counts are not cumulative, and what
// is over the last bound is in "count" alone.
void Write(JsonWriter& json, const DurationCounts& durations) {
  json.Open('{').Member("count", durations.count()).Member("sum_s", Seconds(durations.sum));
  json.Key("buckets").Open('[');
  for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
    json.Open('[').Value(Seconds(kDurationBounds[i])).Value(durations.counts[i]).Close(']');
  }
  json.Close(']').Close('}');
}

void Write(JsonWriter& json, const LinkStatus& link) {
  json.Open('{')
      .Member("neighbour", link.neighbour)
      .Member("address", link.address)
      .Member("state", WordFor(link.state));
  if (!link.why.empty()) json.Member("why", link.why);
  json.Member("since_s", Seconds(link.age)).Member("times_up", link.times_up);
  if (link.lag_rows) json.Member("lag_rows", *link.lag_rows);
  if (link.round_trip) json.Member("round_trip_ms", Seconds(*link.round_trip) * 1000);
  if (link.clock_ahead) json.Member("clock_ahead_s", Seconds(*link.clock_ahead));
  if (!link.settings_differ.empty()) {
    json.Key("settings_differ").Open('[');
    for (const std::string& name : link.settings_differ) json.Value(name);
    json.Close(']');
  }
  json.Member("rows_in", link.counters.rows_in)
      .Member("rows_out", link.counters.rows_out)
      .Member("bytes_in", link.bytes_in)
      .Member("bytes_out", link.bytes_out)
      .Member("duplicates", link.counters.rows_in_known)
      .Member("older", link.counters.rows_in_older)
      .Member("expired", link.counters.rows_in_expired)
      .Member("refused_full", link.counters.rows_in_full)
      .Member("refused_ahead", link.counters.rows_in_ahead)
      .Member("refused_unknown_server", link.counters.rows_in_unknown_servers)
      .Member("unknown_messages", link.counters.messages_unknown)
      .Member("topology_ignored", link.counters.links_ignored)
      .Member("out_of_turn_messages", link.counters.messages_out_of_turn)
      .Member("unsendable_rows", link.counters.rows_unsendable)
      .Member("rivals", link.rivals)
      .Member("announced_in", link.counters.announced_in)
      .Member("announced_out", link.counters.announced_out)
      .Member("asked_for", link.counters.needed)
      .Member("catch_up_in", link.counters.catch_up_rows_in)
      .Member("catch_up_out", link.counters.catch_up_rows_out)
      .Member("rows_caught_up", link.counters.rows_caught_up)
      .Member("comparisons", link.counters.comparisons)
      .Member("repairs", link.counters.repairs)
      .Close('}');
}

void Write(JsonWriter& json, const LoopStatus& loop) {
  json.Open('{')
      .Member("delay_last_s", Seconds(loop.delay_last))
      .Member("delay_max_s", Seconds(loop.delay_max))
      .Key("delay");
  Write(json, loop.delays);
  json.Close('}');
}

void Write(JsonWriter& json, const ClockStatus& clock) {
  json.Open('{')
      .Member("state", WordFor(clock.state))
      .Member("ahead_s", Seconds(clock.ahead))
      .Close('}');
}

void Write(JsonWriter& json, const JournalStatus& journal) {
  const journal::Status& told = journal.told;
  json.Open('{').Member("state", WordFor(told.state));
  if (told.failing_since) json.Member("failing_s", Seconds(journal.failing_for));
  if (!told.last_error.empty()) json.Member("last_error", told.last_error);
  json.Member("failures", told.failures)
      .Member("load_s", Seconds(told.load_time))
      .Member("rows_loaded", told.loaded.rows)
      .Member("rows_expired", told.loaded.expired)
      .Member("rows_bad", told.loaded.bad)
      .Member("rows_left_full", told.loaded.full)
      .Member("rows_left_ahead", told.loaded.ahead)
      .Member("rows_left_unknown_server", told.loaded.unknown_servers)
      .Member("rows_held_back", told.held_back)
      .Member("damaged", told.damages > 0 || told.loaded.damaged)
      .Member("damages", told.damages);
  if (!told.set_aside.empty()) json.Member("set_aside", told.set_aside);
  json.Member("rows_written", told.rows_written)
      .Member("bytes_written", told.bytes_written)
      .Member("syncs", told.syncs)
      .Member("sync_last_s", Seconds(told.last_sync_time))
      .Member("sync_max_s", Seconds(told.max_sync_time))
      .Member("lag_rows", told.changes_waiting)
      .Member("waiters", told.waiters)
      .Close('}');
}

void Write(JsonWriter& json, const DurabilityStatus& durability) {
  json.Open('{')
      .Member("durable", durability.counts.durable)
      .Member("refused", durability.counts.refused)
      .Member("in_memory", durability.counts.in_memory)
      .Close('}');
}

void Write(JsonWriter& json, const LogStatus& log) {
  json.Open('{').Member("lines_dropped", log.dropped);
  if (log.traffic_dropped) json.Member("traffic_lines_dropped", *log.traffic_dropped);
  json.Close('}');
}

template <typename Part>
void WriteIf(JsonWriter& json, const char* key, const std::optional<Part>& part) {
  if (part) Write(json.Key(key), *part);
}

template <typename Part>
void WriteAll(JsonWriter& json, const char* key, const std::vector<Part>& parts) {
  json.Key(key).Open('[');
  for (const Part& part : parts) Write(json, part);
  json.Close(']');
}

void WriteClients(JsonWriter& json, const Status& status) {
  json.Key("sessions")
      .Open('{')
      .Member("now", status.sessions)
      .Member("limit", status.sessions_limit)
      .Member("opened", status.sessions_opened)
      .Member("refused", status.sessions_refused)
      .Member("address_limit", status.sessions_address_limit)
      .Member("buffer_bytes", status.buffer_bytes)
      .Member("buffer_bytes_limit", status.buffer_bytes_limit)
      .Key("closed")
      .Open('{');
  for (std::size_t i = 0; i < net::kCloseReasons; ++i)
    json.Member(WordFor(static_cast<net::CloseReason>(i)), status.sessions_closed[i]);
  json.Close('}').Close('}');
  json.Key("commands")
      .Open('{')
      .Member("iamat", status.iamat)
      .Member("whatsat", status.whatsat)
      .Member("invalid", status.invalid)
      .Close('}');
  json.Key("reports").Open('{');
  for (const fleet::Applied outcome : kReportOutcomes)
    json.Member(WordFor(outcome), status.reports[IndexOf(outcome)]);
  json.Close('}');
  json.Key("places").Open('{').Key("lookups").Open('{');
  for (const places::Status outcome : kLookupOutcomes)
    json.Member(places::StatusWord(outcome), status.lookups[IndexOf(outcome)]);
  json.Close('}');
  if (const auto& refused = status.lookups_refused) {
    json.Key("refused")
        .Open('{')
        .Member("address_share", refused->address_share)
        .Member("client_share", refused->client_share)
        .Member("minute_budget", refused->minute_budget)
        .Member("day_budget", refused->day_budget)
        .Member("breaker", refused->breaker)
        .Member("waiting", refused->waiting)
        .Close('}');
  }
  json.Key("duration");
  Write(json, status.lookup_times);
  json.Close('}');
}

}  // namespace

std::string StatusJson(const Status& status) {
  JsonWriter json;
  const auto why_not_ready = WhyNotReady(status);
  json.Open('{')
      .Member("name", status.name)
      .Member("herd", status.herd)
      .Member("version", status.version)
      .Member("uptime_s", Seconds(status.uptime))
      .Member("ready", !why_not_ready);
  if (why_not_ready) json.Member("reason", *why_not_ready);
  json.Member("clients", status.clients)
      .Member("digest", fmt::format("{:016x}", status.digest.value()))
      .Member("threads", status.loops.size());
  json.Key("fleet")
      .Open('{')
      .Member("rows", status.fleet.rows)
      .Member("rows_limit", status.fleet_limit.rows)
      .Member("bytes", status.fleet.bytes)
      .Member("bytes_limit", status.fleet_limit.bytes)
      .Close('}');
  WriteClients(json, status);
  WriteAll(json, "links", status.links);
  json.Key("strangers")
      .Open('{')
      .Member("now", status.strangers)
      .Member("displaced", status.strangers_displaced)
      .Close('}');
  WriteAll(json, "loops", status.loops);
  Write(json.Key("clock"), status.clock);
  WriteIf(json, "journal", status.journal);
  WriteIf(json, "acknowledgements", status.durability);
  Write(json.Key("log"), status.log);
  json.Key("process")
      .Open('{')
      .Member("memory_resident_bytes", status.process.memory_resident_bytes)
      .Member("open_files", status.process.open_files)
      .Member("open_files_limit", status.process.open_files_limit)
      .Close('}')
      .Close('}');
  return json.text() + "\n";
}

}  // namespace herd::server
