#include "cli/bench_options.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "cli/replay_options.h"
#include "places/index.h"
#include "wire/iso6709.h"

namespace herd::cli {
namespace {

// Open loop: so many commands may wait in a connection before they wait here, unless told.
constexpr std::size_t kInFlightOpen = 1'024;
constexpr std::size_t kInFlightClosed = 16;
// An index holds no populations: each of its places draws as many clients as any other.
constexpr double kPlacePopulation = 10'000;

const std::map<std::string, load::Dialect> kProtocols = {{"herd", load::Dialect::kHerd},
                                                         {"redis", load::Dialect::kRedis},
                                                         {"herd-near", load::Dialect::kHerdNear},
                                                         {"redis-near", load::Dialect::kRedisNear}};

constexpr const char* kFooter =
    "Closed loop: each connection has --in-flight commands on their way, and sends the next when "
    "a\n"
    "reply comes. That finds the rate. Open loop (--rate): commands are due at their moments\n"
    "whatever the servers do, and latency counts from when a command was due, so that a stall "
    "shows\n"
    "in all the commands that it delays.\n"
    "\n"
    "First every client reports once, which is not measured; so a WHATSAT finds its client. "
    "Clients\n"
    "walk and drive about towns of the whole world, or of --towns, or follow --tracks. CPU and\n"
    "memory are those of --pid, on this machine. A loader that is busy for more than 90 % of the\n"
    "time may be what was measured: give it more --threads. Redis is asked by GEOADD for a report\n"
    "and by GEOSEARCH among the clients for a WHATSAT, or by GEOPOS when --radius or --max is 0.\n"
    "With herd-near the servers are admin addresses, and asked by GET /v1/near what clients are "
    "near\n"
    "where one is; with redis-near it is GEOSEARCH FROMLONLAT. Both ask only: let another load "
    "report.\n"
    "\n"
    "Exits with 1 when a command was refused or not answered or a connection was lost.\n"
    "\n"
    "Examples:\n"
    "  herd bench --server Goloman --seconds 5\n"
    "  herd bench --rate 50000 --whatsat 10 --roam 1 --json\n"
    "  herd bench --tracks walk.gpx --clients 1000 --pid $(pgrep -n herd)";

void AddLoadOptions(CLI::App& command, BenchOptions& options) {
  command
      .add_option("--server", options.server,
                  "Server to load: a name of the configuration, or HOST:PORT; may stand several "
                  "times; default: all servers of the configuration")
      ->type_name(std::string(kServerTypeName))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--connections", options.connections,
                  "Connections, shared out among the servers; default: 50")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--in-flight", options.in_flight,
                  "Commands of one connection on their way at a time; default: 16, with --rate "
                  "1,024")
      ->type_name("N")
      ->check(CLI::Range(1, 65'536));
  command
      .add_option("--rate", options.rate,
                  "Commands a second in all, sent whatever the servers do; default: as fast as "
                  "replies come")
      ->type_name("N")
      ->check(CLI::Range(0.1, 1e9));
  command.add_option("--seconds", options.seconds, "How long to measure; default: 10")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.01, 86'400.0));
  command.add_option("--warm-up", options.warm_up, "To load before that; default: 1")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0));
  command.add_option("--threads", options.threads, "Of the loader; default: 1")
      ->type_name("N")
      ->check(CLI::Range(1U, 256U));
  command.add_option("--protocol", options.protocol, "What the servers speak; default: herd")
      ->check(CLI::IsMember(kProtocols));
}

void AddFleetOptions(CLI::App& command, BenchOptions& options) {
  command.add_option("--clients", options.clients, "Clients that report; default: 100,000")
      ->type_name("N")
      ->check(CLI::Range(std::uint32_t{1}, load::kClientsMax));
  command.add_flag("--known", options.known,
                   "The servers have the clients' reports from a run before: none reports first");
  command.add_option("--whatsat", options.whatsat, "Of a hundred commands; default: 0")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  command.add_option("--radius", options.radius, "Of a WHATSAT, in km; default: 10")
      ->type_name("KM")
      ->check(CLI::Range(0, 50));
  command.add_option("--max", options.max, "Results of a WHATSAT; default: 5")
      ->type_name("N")
      ->check(CLI::Range(0, 20));
  command
      .add_option("--roam", options.roam,
                  "After so many of a hundred reports a client goes to another server; default: 0")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  command
      .add_option("--towns", options.towns,
                  "Index of places (herd places import) that clients live at; default: a hundred "
                  "great towns")
      ->type_name("FILE");
  command
      .add_option("--tracks", options.tracks,
                  "GPX or CSV file, read as by \"herd replay\": clients follow its movers to and "
                  "fro, a row with each report")
      ->type_name("FILE");
  command.add_option("--seed", options.seed, "Of all that is left to chance; default: 1")
      ->type_name("N");
}

std::expected<std::vector<load::Town>, std::string> ReadTowns(const std::filesystem::path& file) {
  const auto index = places::Index::Open(file);
  if (!index) return std::unexpected(index.error());
  if (index->PlaceCount() == 0)
    return std::unexpected(file.string() + ": there are no places in it");
  std::vector<load::Town> towns;
  towns.reserve(index->PlaceCount());
  for (std::uint64_t i = 0; i < index->PlaceCount(); ++i)
    towns.push_back({geo::ToLatLng(index->At({i}).position), kPlacePopulation});
  return towns;
}

std::expected<std::vector<load::Track>, std::string> ReadTracks(const std::string& file) {
  ReplayOptions options;
  options.file = file;
  options.by_track = true;
  options.untimed = "now";
  const auto input = ReadInput(options);
  if (!input) return std::unexpected(input.error());
  std::map<std::string, load::Track> by_mover;
  for (const Row& row : input->rows.rows) {
    if (const auto location = wire::ParseIso6709(row.location)) {
      by_mover[row.mover].push_back(geo::ToE7({location->latitude_deg, location->longitude_deg}));
    }
  }
  if (by_mover.empty()) return std::unexpected(file + ": no row has a position");
  std::vector<load::Track> tracks;
  for (auto& [mover, track] : by_mover) tracks.push_back(std::move(track));
  return tracks;
}

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

// What no check of a single option sees; empty: nothing.
std::string Contradiction(const BenchOptions& options, std::size_t servers) {
  const std::size_t parts = options.threads * servers;
  if (options.connections < parts) {
    return fmt::format("--connections: each thread needs one to each server, {} in all", parts);
  }
  if (!options.idle && options.clients < parts)
    return fmt::format("--clients: each thread needs one for each server, {} in all", parts);
  if (options.idle && options.pids.empty()) return "--idle: --pid is needed, to tell its memory";
  if (!options.towns.empty() && !options.tracks.empty())
    return "--towns and --tracks exclude each other";
  return {};
}

}  // namespace

void AddBenchOptions(CLI::App& command, BenchOptions& options) {
  AddLoadOptions(command, options);
  AddFleetOptions(command, options);
  command
      .add_option("--pid", options.pids,
                  "Process of a server on this machine, to tell its CPU time and memory; may stand "
                  "several times")
      ->type_name("PID")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--idle", options.idle,
                   "Say one thing on each connection, then nothing: tells what idle connections "
                   "cost in memory");
  command.add_option("--timeout", options.timeout_s, "Seconds to wait for a server; default: 5")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
  command.add_flag("--json", options.json, "Print the result as JSON");
  command.footer(kFooter);
}

std::expected<BenchPlan, std::string> PlanBench(const Context& context,
                                                const BenchOptions& options) {
  const auto config = context.Config();
  if (!config) return std::unexpected(config.error());
  auto targets = FindTargets(*config, options.server);
  if (!targets) return std::unexpected(targets.error());
  if (std::string what = Contradiction(options, targets->size()); !what.empty())
    return std::unexpected(std::move(what));
  BenchPlan plan{.targets = *std::move(targets), .towns = {}, .settings = {}};
  load::Settings& settings = plan.settings;
  if (!options.towns.empty()) {
    auto towns = ReadTowns(options.towns);
    if (!towns) return std::unexpected(towns.error());
    plan.towns = *std::move(towns);
    settings.towns = plan.towns;
  }
  if (!options.tracks.empty()) {
    auto tracks = ReadTracks(options.tracks);
    if (!tracks) return std::unexpected(tracks.error());
    settings.tracks = *std::move(tracks);
  }
  settings.dialect = kProtocols.at(options.protocol);
  settings.report_first = !options.known && !load::OnlyAsks(settings.dialect);
  settings.threads = options.threads;
  settings.connections = options.connections;
  settings.in_flight = options.in_flight.value_or(options.rate ? kInFlightOpen : kInFlightClosed);
  settings.rate = options.rate;
  settings.warm_up = Nanoseconds(options.warm_up);
  settings.length = Nanoseconds(options.seconds);
  // Idle connections all speak for one client, so that rows do not count as theirs.
  settings.clients = options.idle
                         ? static_cast<std::uint32_t>(options.threads * plan.targets.size())
                         : options.clients;
  settings.roaming = options.roam / 100;
  settings.questions = options.idle ? 0 : options.whatsat / 100;
  settings.radius_km = options.radius;
  settings.results_max = options.max;
  settings.seed = options.seed;
  settings.pids.assign(options.pids.begin(), options.pids.end());
  return plan;
}

}  // namespace herd::cli
