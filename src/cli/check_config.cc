#include "cli/check_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/ask.h"
#include "cli/text_table.h"
#include "places/json.h"

namespace herd::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

std::string Json(std::string_view text) {
  std::string out;
  places::AppendJsonString(out, text);
  return out;
}

std::string Addresses(const std::vector<server::Endpoint>& endpoints, std::string_view separator) {
  std::string out;
  for (const server::Endpoint& endpoint : endpoints) {
    out += (out.empty() ? "" : std::string(separator)) + server::ToString(endpoint);
  }
  return out;
}

void PrintJson(const server::Config& config) {
  std::vector<std::string> servers;
  for (const server::ServerEntry& server : config.servers) {
    std::vector<std::string> clients;
    for (const server::Endpoint& endpoint : server.clients) {
      clients.push_back(Json(server::ToString(endpoint)));
    }
    std::vector<std::string> neighbours;
    for (const std::string& name : config.NeighboursOf(server.name))
      neighbours.push_back(Json(name));
    servers.push_back(fmt::format(
        R"({{"name":{},"clients":[{}],"peers":{},"admin":{},"neighbours":[{}]}})",
        Json(server.name), fmt::join(clients, ","),
        server.peers ? Json(server::ToString(*server.peers)) : "null",
        server.admin ? Json(server::ToString(*server.admin)) : "null", fmt::join(neighbours, ",")));
  }
  std::vector<std::string> links;
  for (const auto& [a, b] : config.links) links.push_back(fmt::format("[{},{}]", Json(a), Json(b)));
  fmt::print("{{\"herd\":{},\"servers\":[{}],\"links\":[{}]}}\n", Json(config.herd),
             fmt::join(servers, ","), fmt::join(links, ","));
}

void PrintTable(const server::Config& config) {
  std::vector<std::vector<std::string>> rows = {
      {"SERVER", "CLIENTS", "NEIGHBOURS CONNECT TO", "ADMINISTRATION", "LINKED WITH"}};
  for (const server::ServerEntry& server : config.servers) {
    const std::vector<std::string> neighbours = config.NeighboursOf(server.name);
    rows.push_back({server.name, Addresses(server.clients, " "),
                    server.peers ? server::ToString(*server.peers) : "-",
                    server.admin ? server::ToString(*server.admin) : "-",
                    neighbours.empty() ? "-" : fmt::format("{}", fmt::join(neighbours, " "))});
  }
  for (const std::string& line : TextTable(rows, {})) fmt::print("{}\n", line);
}

// The servers that no chain of links joins to the first one.
std::vector<std::string> Unreached(const server::Config& config) {
  std::vector<std::string> reached = {config.servers.front().name};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const std::string& name : config.NeighboursOf(reached[i])) {
      if (std::ranges::find(reached, name) == reached.end()) reached.push_back(name);
    }
  }
  std::vector<std::string> unreached;
  for (const server::ServerEntry& server : config.servers) {
    if (std::ranges::find(reached, server.name) == reached.end()) unreached.push_back(server.name);
  }
  return unreached;
}

Exit Check(const Context& context, const Options& options) {
  Context with_file = context;
  if (!options.file.empty()) with_file.config_file = options.file;
  const auto config = with_file.Config();
  if (!config) {
    // Each line names the file already.
    fmt::print(stderr, "{}\n", config.error());
    return Exit::kUsage;
  }
  if (options.json) {
    PrintJson(*config);
  } else {
    fmt::print("{}: fine. Herd \"{}\": {} servers, {} links.\n\n",
               with_file.config_file.empty() ? "the built-in configuration"
                                             : with_file.config_file.string(),
               config->herd, config->servers.size(), config->links.size());
    PrintTable(*config);
  }
  const std::vector<std::string> unreached = Unreached(*config);
  if (!unreached.empty()) {
    Complain(fmt::format("note: no links lead from {} to {}; reports will not pass between them",
                         config->servers.front().name, fmt::join(unreached, ", ")));
  }
  return Exit::kOk;
}

}  // namespace

void AddCheckConfig(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("check-config", "Check a configuration file and show what it means");
  const auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "The file; default: --config, or the built-in one")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print the herd as JSON");
  command->footer(
      "Exits with 2 when something is wrong, and names each file, line and key.\n\nExample:\n"
      "  herd check-config herd.toml");
  command->callback([&context, options] { context.exit = Check(context, *options); });
}

}  // namespace herd::cli
