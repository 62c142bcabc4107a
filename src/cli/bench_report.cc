#include "cli/bench_report.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/progress.h"
#include "server/json_writer.h"

namespace herd::cli {
namespace {

// A busier loader may be what was measured.
constexpr double kLoaderBusyMax = 0.9;

struct Quantile {
  double percent;
  const char* text;
  const char* key;
};
constexpr Quantile kQuantiles[] = {
    {50, "p50", "p50"}, {90, "p90", "p90"}, {99, "p99", "p99"}, {99.9, "p99.9", "p99_9"}};

void Add(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("{:<12} {}\n", name, value);
}

std::string Text(std::chrono::nanoseconds duration) {
  const auto ns = static_cast<double>(duration.count());
  if (ns < 1e6) return fmt::format("{:.0f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string Text(const load::Histogram& latencies) {
  std::string text;
  for (const Quantile& quantile : kQuantiles)
    text += fmt::format("{} {}, ", quantile.text, Text(latencies.Percentile(quantile.percent)));
  return text + fmt::format("max {}", Text(latencies.max()));
}

double Microseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e3;
}

double Rate(const load::Result& result) {
  return static_cast<double>(result.replies) / result.length.count();
}

struct Spent {
  double cpu_seconds = 0;
  std::uint64_t rss_bytes = 0;
};

Spent Sum(const load::Result& result) {
  Spent sum;
  for (const load::ProcessUsage& process : result.processes) {
    sum.cpu_seconds += process.cpu.count();
    sum.rss_bytes += process.rss_bytes;
  }
  return sum;
}

std::string MebiBytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

double ForEach(const BenchPlan& plan, std::uint64_t before, std::uint64_t after) {
  return (static_cast<double>(after) - static_cast<double>(before)) /
         static_cast<double>(plan.settings.connections);
}

std::string LoadText(const load::Settings& settings) {
  std::string text =
      settings.rate ? fmt::format("open loop, {:.0f} commands/s", *settings.rate) : "closed loop";
  text += fmt::format(", {} connections with {}{} in flight on each",
                      WithThousands(settings.connections), settings.rate ? "up to " : "",
                      WithThousands(settings.in_flight));
  if (settings.questions > 0) text += fmt::format(", {:g} % WHATSAT", settings.questions * 100);
  return text;
}

void Write(server::JsonWriter& json, const load::Histogram& latencies) {
  json.Open('{').Member("count", latencies.count()).Member("mean", Microseconds(latencies.Mean()));
  for (const Quantile& quantile : kQuantiles)
    json.Member(quantile.key, Microseconds(latencies.Percentile(quantile.percent)));
  json.Member("max", Microseconds(latencies.max())).Close('}');
}

void WriteLoad(server::JsonWriter& json, const BenchPlan& plan) {
  const load::Settings& settings = plan.settings;
  json.Key("servers").Open('[');
  for (const Target& target : plan.targets) json.Value(target.label);
  json.Close(']')
      .Member("loop", settings.rate ? "open" : "closed")
      .Member("connections", std::uint64_t{settings.connections})
      .Member("in_flight", std::uint64_t{settings.in_flight});
  if (settings.rate) json.Member("rate", *settings.rate);
  json.Member("clients", std::uint64_t{settings.clients})
      .Member("whatsat_percent", settings.questions * 100)
      .Member("roam_percent", settings.roaming * 100)
      .Member("seconds", std::chrono::duration<double>(settings.length).count());
}

}  // namespace

std::string BenchText(const BenchPlan& plan, const load::Result& result) {
  std::string out;
  std::vector<std::string> names;
  for (const Target& target : plan.targets) names.push_back(target.label);
  Add(out, "servers", fmt::format("{}", fmt::join(names, ", ")));
  Add(out, "load", LoadText(plan.settings));
  Add(out, "clients", WithThousands(plan.settings.clients));
  Add(out, "rate",
      fmt::format("{} replies/s ({} in {})",
                  WithThousands(static_cast<std::uint64_t>(std::llround(Rate(result)))),
                  WithThousands(result.replies), HumanDuration(result.length)));
  if (result.reports.count() > 0) Add(out, "IAMAT", Text(result.reports));
  if (result.questions.count() > 0) Add(out, "WHATSAT", Text(result.questions));
  Add(out, "errors",
      fmt::format("{} refused, {} not answered, {} connections lost", WithThousands(result.refused),
                  WithThousands(result.unanswered), WithThousands(result.connections_lost)));
  for (std::size_t i = 0; i < result.processes.size(); ++i) {
    const load::ProcessUsage& process = result.processes[i];
    Add(out, "server",
        fmt::format("process {}: {:.0f} % of a core, {}", plan.settings.pids[i],
                    process.cpu / result.length * 100, MebiBytes(process.rss_bytes)));
  }
  if (const Spent spent = Sum(result); spent.cpu_seconds > 0) {
    const double each = static_cast<double>(result.replies) / spent.cpu_seconds;
    Add(out, "cost",
        fmt::format("{} replies for a CPU second of the servers",
                    WithThousands(static_cast<std::uint64_t>(std::llround(each)))));
  }
  Add(out, "loader",
      fmt::format("{:.0f} % busy{}", result.loader_busy * 100,
                  result.loader_busy > kLoaderBusyMax ? ": it may be what was measured" : ""));
  return out;
}

std::string BenchJson(const BenchPlan& plan, const load::Result& result) {
  server::JsonWriter json;
  json.Open('{');
  WriteLoad(json, plan);
  json.Member("replies", result.replies).Member("per_second", Rate(result));
  json.Key("latency_us").Open('{');
  Write(json.Key("iamat"), result.reports);
  Write(json.Key("whatsat"), result.questions);
  json.Close('}');
  json.Key("errors")
      .Open('{')
      .Member("refused", result.refused)
      .Member("unanswered", result.unanswered)
      .Member("connections_lost", result.connections_lost)
      .Close('}');
  json.Key("processes").Open('[');
  for (std::size_t i = 0; i < result.processes.size(); ++i) {
    json.Open('{')
        .Member("pid", static_cast<std::uint64_t>(plan.settings.pids[i]))
        .Member("cpu_seconds", result.processes[i].cpu.count())
        .Member("rss_bytes", result.processes[i].rss_bytes)
        .Close('}');
  }
  json.Close(']');
  if (const Spent spent = Sum(result); spent.cpu_seconds > 0) {
    json.Member("server_cpu_seconds", spent.cpu_seconds)
        .Member("server_rss_bytes", spent.rss_bytes)
        .Member("per_server_cpu_second", static_cast<double>(result.replies) / spent.cpu_seconds);
  }
  json.Member("loader_busy", result.loader_busy).Close('}');
  return json.text() + "\n";
}

std::string IdleText(const BenchPlan& plan, const load::IdleCost& cost) {
  std::string out;
  Add(out, "connections", WithThousands(plan.settings.connections) + ", idle");
  Add(out, "memory",
      fmt::format("{}, before {}", MebiBytes(cost.after.rss_bytes),
                  MebiBytes(cost.before.rss_bytes)));
  Add(out, "for each",
      fmt::format("{:.0f} bytes, of them {:.0f} of heap",
                  ForEach(plan, cost.before.rss_bytes, cost.after.rss_bytes),
                  ForEach(plan, cost.before.anonymous_bytes, cost.after.anonymous_bytes)));
  return out;
}

std::string IdleJson(const BenchPlan& plan, const load::IdleCost& cost) {
  server::JsonWriter json;
  json.Open('{')
      .Member("connections", std::uint64_t{plan.settings.connections})
      .Member("rss_bytes_before", cost.before.rss_bytes)
      .Member("rss_bytes", cost.after.rss_bytes)
      .Member("bytes_per_connection", ForEach(plan, cost.before.rss_bytes, cost.after.rss_bytes))
      .Member("heap_bytes_before", cost.before.anonymous_bytes)
      .Member("heap_bytes", cost.after.anonymous_bytes)
      .Member("heap_bytes_per_connection",
              ForEach(plan, cost.before.anonymous_bytes, cost.after.anonymous_bytes))
      .Close('}');
  return json.text() + "\n";
}

}  // namespace herd::cli
