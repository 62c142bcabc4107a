#include "cli/serve.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/target.h"
#include "server/logging.h"
#include "server/make_places.h"
#include "server/secret.h"
#include "server/server.h"

namespace herd::cli {
namespace {

struct ServeOptions {
  std::string name;
  std::string clients;
  std::string peers;
  std::string admin;
  std::filesystem::path places_index;
  std::filesystem::path journal_dir;
  bool clock_confirmed = false;
  std::filesystem::path traffic_dir;
  std::string log_level;
  int ready_fd = -1;
};

constexpr const char* kFooter =
    "Neighbours prove to each other that they know the herd's secret: see `herd secret`.\n"
    "\n"
    "Examples:\n"
    "  herd serve Goloman\n"
    "  herd --config ring.toml serve Alford --clients '*:12000' --log-traffic /var/log/herd";

std::string NamesOf(const server::Config& config) {
  std::string names;
  for (const server::ServerEntry& entry : config.servers)
    names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

// The configuration with what the command line says of this server.
std::expected<server::Config, std::string> Configure(const Context& context,
                                                     const ServeOptions& options) {
  auto config = context.Config();
  if (!config) return config;
  const auto entry = std::ranges::find(config->servers, options.name, &server::ServerEntry::name);
  if (entry == config->servers.end()) {
    return std::unexpected("there is no server " + options.name + " in the herd; there are " +
                           NamesOf(*config));
  }
  if (!options.clients.empty()) {
    auto endpoint = server::ParseEndpoint(options.clients);
    if (!endpoint) return std::unexpected("--clients: " + endpoint.error());
    entry->clients = {*std::move(endpoint)};
  }
  if (!options.peers.empty()) {
    auto endpoint = server::ParseEndpoint(options.peers);
    if (!endpoint) return std::unexpected("--peers: " + endpoint.error());
    entry->peers_listen = *std::move(endpoint);
  }
  if (!options.admin.empty()) {
    auto endpoint = server::ParseEndpoint(options.admin);
    if (!endpoint) return std::unexpected("--admin: " + endpoint.error());
    entry->admin = *std::move(endpoint);
  }
  if (!options.places_index.empty()) config->places.index = options.places_index;
  if (!options.journal_dir.empty()) config->journal.directory = options.journal_dir;
  config->clock_confirmed = options.clock_confirmed;
  if (!options.traffic_dir.empty()) config->logging.traffic_dir = options.traffic_dir;
  if (!options.log_level.empty()) config->logging.level = options.log_level;
  return config;
}

// A server without neighbours has nobody to prove anything to.
std::expected<flood::Secret, std::string> SecretOf(const server::Config& config,
                                                   const std::string& name) {
  if (config.NeighboursOf(name).empty())
    return flood::Secret(server::RandomHex(flood::Secret::kBytesMin));
  return server::LoadSecret(config);
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + text;
  return joined.empty() ? "none" : joined;
}

// Tells whoever started us how far we are: `herd up`, a service manager, a test. Nobody may be left
// to read it, or nobody may read; that is no reason not to serve.
void Say(int descriptor, const std::string& line) {
  pollfd polled{descriptor, POLLOUT, 0};
  // A pipe that is ready takes a line whole (PIPE_BUF).
  if (descriptor < 0 || ::poll(&polled, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t written = ::write(descriptor, line.data(), line.size());
}

Exit Fail(Exit exit, const std::string& error) {
  std::cerr << "herd serve: " << error << '\n';
  return exit;
}

Exit ServeWith(server::Config config, const flood::Secret& secret, const ServeOptions& options) {
  auto log = server::MakeLog(config.logging, options.name);
  if (!log) return Fail(Exit::kFailed, log.error());
  std::unique_ptr<server::TrafficLog> traffic;
  if (!config.logging.traffic_dir.empty()) {
    auto opened = server::TrafficLog::Open(config.logging.traffic_dir, options.name,
                                           config.logging.queue_bytes);
    if (!opened) return Fail(Exit::kFailed, opened.error());
    traffic = *std::move(opened);
  }
  auto places = server::MakePlaces(config.places, log->logger);
  if (!places) return Fail(Exit::kFailed, places.error());
  const std::string herd = config.herd;
  const std::string neighbours = Joined(config.NeighboursOf(options.name));
  std::string ready;  // to be said when it is
  auto server =
      server::Server::Listen({.name = options.name,
                              .config = std::move(config),
                              .secret = secret,
                              .log = log->logger,
                              .log_writer = log->writer,
                              .traffic = std::move(traffic),
                              .places = *std::move(places),
                              .version = HERD_VERSION,
                              .on_ready = [&ready, fd = options.ready_fd] { Say(fd, ready); },
                              .on_linked = [fd = options.ready_fd] { Say(fd, "linked\n"); }});
  if (!server) return Fail(Exit::kFailed, server.error());
  log->logger->info("herd " HERD_VERSION
                    ", herd {}: clients on {}, neighbours on {}, administration on {}; links to {}",
                    herd, Joined((*server)->client_addresses()),
                    Joined((*server)->peer_addresses()), Joined((*server)->admin_addresses()),
                    neighbours);
  ready = "ready clients=" + Joined((*server)->client_addresses()) +
          " peers=" + Joined((*server)->peer_addresses()) +
          " admin=" + Joined((*server)->admin_addresses()) + "\n";
  const auto ran = (*server)->Run();
  return ran ? Exit::kOk : Fail(Exit::kFailed, ran.error());
}

Exit Serve(const Context& context, const ServeOptions& options) {
  // A client that goes away while it is written to is an error of that write, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // Beyond `ulimit -f` a write fails, as on a disk that is full.
  std::signal(SIGXFSZ, SIG_IGN);
  // On a terminal that stops background processes when they write (`stty tostop`), the log's thread
  // must not stop the server.
  std::signal(SIGTTOU, SIG_IGN);
  auto config = Configure(context, options);
  if (!config) return Fail(Exit::kUsage, config.error());
  auto secret = SecretOf(*config, options.name);
  if (!secret) return Fail(Exit::kUsage, secret.error());
  return ServeWith(*std::move(config), *secret, options);
}

}  // namespace

void AddServe(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App* serve = app.add_subcommand("serve", "Run one server of the herd");
  serve->add_option("NAME", options->name, "Which server of the configuration to be")
      ->type_name(std::string(kServerTypeName))
      ->required();
  serve
      ->add_option("--clients", options->clients,
                   "Listen for clients here instead of where the configuration says")
      ->type_name("ADDRESS:PORT");
  serve
      ->add_option("--peers", options->peers,
                   "Listen for neighbours here instead of where the configuration says")
      ->type_name("ADDRESS:PORT");
  serve
      ->add_option(
          "--admin", options->admin,
          "Tell how the server does, by HTTP, here instead of where the configuration says")
      ->type_name("ADDRESS:PORT");
  serve->add_option("--places-index", options->places_index, "The offline places index")
      ->type_name("FILE");
  serve
      ->add_option("--journal", options->journal_dir,
                   "Keep what is known on disk, in DIR/NAME, and begin with what is there")
      ->type_name("DIR");
  serve->add_flag("--clock-confirmed", options->clock_confirmed,
                  "The machine's clock is right, though it is far ahead of the journal: let rows "
                  "expire by it");
  serve
      ->add_option("--log-traffic", options->traffic_dir,
                   "Log every line in and out to DIR/NAME.traffic.log")
      ->type_name("DIR");
  serve->add_option("--log-level", options->log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  serve
      ->add_option("--ready-fd", options->ready_fd,
                   "Write a line to this file descriptor once the server serves, and one once all "
                   "its links are up")
      ->type_name("N");
  serve->footer(kFooter);
  serve->callback([&context, options] { context.exit = Serve(context, *options); });
}

}  // namespace herd::cli
