#include "cli/near.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ask.h"
#include "cli/http_client.h"
#include "cli/target.h"
#include "cli/text_table.h"
#include "server/near.h"
#include "wire/at.h"
#include "wire/shown.h"

namespace herd::cli {
namespace {

struct Options {
  AskOptions ask;
  std::string latitude;
  std::string longitude;
  std::string radius_km = "10";
  std::string max = "10";
  bool json = false;
};

constexpr long kOk = 200;
constexpr long kUnavailable = 503;  // it cannot now; another server may

constexpr const char* kFooter =
    "Prints the clients with their distances, nearest first: when each was there by its own "
    "clock,\n"
    "and where, as it reported it. Distances are along a great circle. The servers asked are "
    "those\n"
    "with an admin address. In IDs a backslash stands as \\\\, and bytes that cannot be seen or "
    "are "
    "not\n"
    "UTF-8 as \\xNN.\n"
    "\n"
    "Exits with 0 also when nobody is near, with 1 when the server refuses, with 3 when none\n"
    "answered.\n"
    "\n"
    "Examples:\n"
    "  herd near 34.0689 -118.4451\n"
    "  herd near -33.87 151.21 --radius 2.5 --max 100 --server Welsh --json";

struct Found {
  std::string client;  // this and the line are shown by wire/shown.h
  double distance_m = 0;
  std::string at_line;
};

struct Answer {
  std::vector<Found> found;
  std::optional<double> searched_m;  // not all was looked through: within that none is missing
};

// What a server said; or why it is no answer.
std::expected<Answer, std::string> Read(const HttpResponse& response) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const bool is_json = parser.parse(response.body).get(root) == simdjson::SUCCESS;
  std::string_view error;
  if (is_json && root["error"].get(error) == simdjson::SUCCESS)
    return std::unexpected(wire::ShownAgain(error));
  const std::string strange =
      fmt::format("answers with status {}, and not as a server of a herd does", response.status);
  simdjson::dom::array clients;
  if (response.status != kOk || !is_json || root["clients"].get(clients) != simdjson::SUCCESS)
    return std::unexpected(strange);
  Answer answer;
  double searched_m = 0;
  if (root["searched_m"].get(searched_m) == simdjson::SUCCESS) answer.searched_m = searched_m;
  for (const simdjson::dom::element client : clients) {
    std::string_view id;
    std::string_view line;
    double distance = 0;
    if (client["client"].get(id) != simdjson::SUCCESS ||
        client["distance_m"].get(distance) != simdjson::SUCCESS ||
        client["at"].get(line) != simdjson::SUCCESS) {
      return std::unexpected(strange);
    }
    answer.found.push_back({std::string(id), distance, std::string(line)});
  }
  return answer;
}

std::string DistanceText(double metres) {
  return metres < 1000 ? fmt::format("{:.1f} m", metres) : fmt::format("{:.3f} km", metres / 1000);
}

std::string TimeText(wire::UnixNanos time) {
  const std::chrono::nanoseconds since_epoch(time.value);
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

void PrintText(const std::vector<Found>& found) {
  std::vector<std::vector<std::string>> rows = {{"CLIENT", "DISTANCE", "TIME", "LOCATION"}};
  for (const Found& one : found) {
    const std::string line = wire::ParseShown(one.at_line).value_or("");
    const auto at = wire::ParseAt(line);
    rows.push_back({wire::ShownAgain(one.client), DistanceText(one.distance_m),
                    at ? TimeText(at->time) : "-", at ? std::string(at->location_text) : "-"});
  }
  constexpr std::size_t kDistance = 1;
  for (const std::string& line : TextTable(rows, {kDistance})) fmt::print("{}\n", line);
}

// The answer of the first server that gives one; those that cannot now are complained of.
std::optional<HttpResponse> AskInTurn(const std::vector<Target>& targets, const HttpCall& call,
                                      std::chrono::milliseconds timeout) {
  HttpClient http;
  std::optional<HttpResponse> last;
  for (const Target& target : targets) {
    auto response = std::move(http.Ask({target.endpoint}, call, timeout).front());
    if (!response) {
      Complain(fmt::format("{}: {}", target.label, response.error()));
      continue;
    }
    last = *std::move(response);
    if (last->status != kUnavailable) break;
  }
  return last;
}

Exit Print(const HttpResponse& response, const Options& options) {
  const auto answer = Read(response);
  if (!answer) {
    Complain(answer.error());
    return Exit::kFailed;
  }
  const std::vector<Found>& found = answer->found;
  if (options.json) {
    fmt::print("{}", response.body);
  } else if (!found.empty()) {
    PrintText(found);
  }
  if (std::fflush(stdout) != 0) {
    Complain("standard output cannot be written");
    return Exit::kFailed;
  }
  if (answer->searched_m == 0) {
    Complain(
        "not all clients were looked at, so nearer ones may be missing: ask for a smaller radius, "
        "or raise limits.near_rows and limits.near_cells");
  } else if (answer->searched_m) {
    Complain(
        fmt::format("farther away than {} not all clients were looked at: ask for fewer or for "
                    "a smaller radius, or raise limits.near_rows and limits.near_cells",
                    DistanceText(*answer->searched_m)));
  } else if (found.empty()) {
    Complain(fmt::format("nobody is within {} km", options.radius_km));
  }
  return Exit::kOk;
}

Exit Near(const Context& context, const Options& options) {
  const std::string query = fmt::format("lat={}&lng={}&radius={}&max={}", options.latitude,
                                        options.longitude, options.radius_km, options.max);
  if (const auto read = server::ReadNear(query); !read) {
    Complain(read.error());
    return Exit::kUsage;
  }
  const auto config = context.Config();
  if (!config) {
    Complain(config.error());
    return Exit::kUsage;
  }
  const auto targets = FindTargets(*config, options.ask.server, TargetKind::kAdmin);
  if (!targets) {
    Complain(targets.error());
    return Exit::kUsage;
  }
  const auto response =
      AskInTurn(*targets, {.path = "/v1/near?" + query},
                std::chrono::milliseconds(static_cast<std::int64_t>(options.ask.timeout_s * 1000)));
  if (!response) {
    Complain("no server answered; is the herd up? (herd up)");
    return Exit::kUnreachable;
  }
  return Print(*response, options);
}

}  // namespace

void AddNear(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("near", "List the clients nearest to a point");
  const auto options = std::make_shared<Options>();
  command->add_option("lat", options->latitude, "Latitude in degrees: -90 to 90")
      ->type_name("LAT")
      ->required();
  command->add_option("lon", options->longitude, "Longitude in degrees: -180 to 180")
      ->type_name("LON")
      ->required();
  command
      ->add_option("--radius", options->radius_km,
                   fmt::format("Kilometres around the point, up to {}; default: 10",
                               server::kNearRadiusKmMax))
      ->type_name("KM");
  command
      ->add_option("--max", options->max,
                   fmt::format("Clients to list at most: 1 to {}; default: 10", server::kNearMax))
      ->type_name("N");
  AddAskOptions(*command, options->ask);
  command->add_flag("--json", options->json, "Print what the server says, as JSON");
  command->footer(kFooter);
  command->callback([&context, options] { context.exit = Near(context, *options); });
}

}  // namespace herd::cli
