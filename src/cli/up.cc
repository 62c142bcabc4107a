#include "cli/up.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/server_process.h"
#include "cli/signals.h"
#include "server/log_writer.h"
#include "server/secret.h"

namespace herd::cli {
namespace {

struct UpOptions {
  std::filesystem::path places_index;
  std::filesystem::path journal_dir;
  bool clock_confirmed = false;
  std::filesystem::path traffic_dir;
  std::string log_level;
};

using Clock = std::chrono::steady_clock;

// From when all servers listen to when all links should be up.
constexpr std::chrono::seconds kLinkTime{5};

constexpr const char* kFooter =
    "A server that ends is not started again; `herd serve NAME` in another terminal does that. "
    "Ctrl-C\n"
    "ends all; a second Ctrl-C does so at once.\n"
    "\n"
    "Example:\n"
    "  herd up --log-traffic /tmp";

class Herd {
 public:
  Herd(const server::Config& config, const Context& context, const UpOptions& options)
      : config_(config), context_(context), options_(options) {}

  Exit Run() {
    if (!StartAll() || !WaitUntilReady()) {
      EndAll();
      return ended_by_user_ ? Exit::kOk : Exit::kFailed;
    }
    PrintTable();
    return Watch();
  }

 private:
  static constexpr std::size_t kOutputBytes = 1'048'576;
  static std::string NoLine(std::uint64_t /*dropped*/) { return ""; }

  const server::Config& config_;
  const Context& context_;
  const UpOptions& options_;
  // Before the threads of the following: they inherit which signals are blocked.
  const Signals signals_{SIGINT, SIGTERM, SIGCHLD};
  // Never waited for: on a stopped terminal the herd can still be ended.
  server::LogWriter errors_{server::LogOutput::Standard(STDERR_FILENO), kOutputBytes, NoLine};
  server::LogWriter output_{server::LogOutput::Standard(STDOUT_FILENO), kOutputBytes, NoLine};
  std::vector<ServerProcess> servers_;
  std::vector<std::string> client_addresses_;  // in the order of servers_
  bool ended_by_user_ = false;

  void Tell(const std::string& message) { errors_.Write("herd up: " + message + "\n"); }

  std::vector<std::string> ArgumentsFor(const std::string& name) const {
    std::vector<std::string> arguments;
    const auto add = [&](const char* option, const std::string& value) {
      if (!value.empty()) arguments.insert(arguments.end(), {option, value});
    };
    add("--config", context_.config_file.string());
    arguments.insert(arguments.end(), {"serve", name});
    add("--places-index", options_.places_index.string());
    add("--journal", options_.journal_dir.string());
    if (options_.clock_confirmed) arguments.emplace_back("--clock-confirmed");
    add("--log-traffic", options_.traffic_dir.string());
    add("--log-level", options_.log_level);
    return arguments;
  }

  bool StartAll() {
    for (const server::ServerEntry& entry : config_.servers) {
      auto process = ServerProcess::Start(entry.name, ArgumentsFor(entry.name));
      if (!process) {
        Tell(fmt::format("cannot start {}: {}", entry.name, process.error()));
        return false;
      }
      servers_.push_back(*std::move(process));
    }
    return true;
  }

  // A herd is up with all its servers or not at all. Links that do not come up in time are worth a
  // word only: the servers go on trying.
  bool WaitUntilReady() {
    for (ServerProcess& server : servers_) {
      const auto line = NextLine(server, std::nullopt);
      if (ended_by_user_) return false;
      if (!line) {
        Tell(server.name() + " did not start; the others are ended");
        return false;
      }
      client_addresses_.push_back(FirstClientAddress(*line));
    }
    const auto deadline = Clock::now() + kLinkTime;
    for (ServerProcess& server : servers_) {
      const auto line = NextLine(server, deadline);
      if (ended_by_user_) return false;
      if (!line) Tell("not all links of " + server.name() + " are up yet");
    }
    return true;
  }

  // What the server says next; nothing when it ends, the time is up or the user wants to end.
  std::optional<std::string> NextLine(ServerProcess& server,
                                      std::optional<Clock::time_point> deadline) {
    for (;;) {
      std::array<pollfd, 2> polled{pollfd{server.ready_fd(), POLLIN, 0},
                                   pollfd{signals_.descriptor(), POLLIN, 0}};
      const auto left =
          deadline ? std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count()
                   : -1;
      if (::poll(polled.data(), polled.size(),
                 deadline ? static_cast<int>(std::max<std::int64_t>(0, left)) : -1) == 0) {
        return std::nullopt;
      }
      if (polled[0].revents != 0) return server.ReadLine();
      if (polled[1].revents != 0 && signals_.Take() != SIGCHLD) {
        ended_by_user_ = true;
        return std::nullopt;
      }
    }
  }

  // From "ready clients=A,B peers=C admin=D".
  static std::string FirstClientAddress(std::string_view line) {
    constexpr std::string_view kKey = "clients=";
    line.remove_prefix(std::min(line.size(), line.find(kKey) + kKey.size()));
    return std::string(line.substr(0, line.find_first_of(", ")));
  }

  void PrintTable() {
    std::string table = "\nThe herd is up.\n\n";
    const auto out = std::back_inserter(table);
    std::size_t width = 0;
    for (const ServerProcess& server : servers_) width = std::max(width, server.name().size());
    fmt::format_to(out, "  {:<{}}  {:<22}  linked with\n", "server", width, "clients");
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      std::string neighbours;
      for (const std::string& name : config_.NeighboursOf(servers_[i].name())) {
        neighbours += (neighbours.empty() ? "" : ", ") + name;
      }
      fmt::format_to(out, "  {:<{}}  {:<22}  {}\n", servers_[i].name(), width, client_addresses_[i],
                     neighbours);
    }
    fmt::format_to(out,
                   "\nTell one server where you are, and ask another, from a second terminal:\n\n");
    fmt::format_to(out,
                   "  echo \"IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 $(date +%s.%N)\" | {}\n",
                   NetcatTo(client_addresses_.front()));
    fmt::format_to(out, "  echo \"WHATSAT kiwi.cs.ucla.edu 10 5\" | {}\n\nCtrl-C ends all.\n\n",
                   NetcatTo(client_addresses_.back()));
    output_.Write(std::move(table));
  }

  static std::string NetcatTo(const std::string& address) {
    const auto endpoint = server::ParseEndpoint(address);
    return endpoint ? fmt::format("nc -N {} {}", endpoint->host, endpoint->port)
                    : "nc -N " + address;
  }

  Exit Watch() {
    // One may have ended already, its signal taken while the links were waited for.
    TellOfEnded();
    while (std::ranges::any_of(servers_, &ServerProcess::running)) {
      if (signals_.Take() == SIGCHLD) {
        TellOfEnded();
        continue;
      }
      EndAll();
      return std::ranges::all_of(servers_, &ServerProcess::ended_well) ? Exit::kOk : Exit::kFailed;
    }
    Tell("no server is left");
    return Exit::kFailed;
  }

  void TellOfEnded() {
    for (ServerProcess& server : servers_) {
      if (const auto how = server.Ended()) {
        Tell(fmt::format("{} ended {}; the others go on. To start it again: herd serve {}",
                         server.name(), *how, server.name()));
      }
    }
  }

  void EndAll() {
    for (const ServerProcess& server : servers_) server.Kill(SIGTERM);
    const auto all_ended = [&] {
      for (ServerProcess& server : servers_) server.Ended();
      return std::ranges::none_of(servers_, &ServerProcess::running);
    };
    while (!all_ended()) {
      if (signals_.Take() != SIGCHLD) {
        for (const ServerProcess& server : servers_) server.Kill(SIGKILL);
      }
    }
  }
};

// The servers of a terminal find one secret: where none is set, one is made in its usual place.
std::expected<void, std::string> EnsureSecret(const server::Config& config) {
  if (server::SecretIsInEnvironment(config) || config.links.empty()) return {};
  const auto file = server::SecretFile(config);
  const auto made = server::MakeSecretFile(file);
  if (!made) return std::unexpected(made.error());
  if (*made) {
    fmt::print("herd up: made a secret for the herd in {}\n", file.string());
    std::fflush(stdout);
  }
  return {};
}

Exit Up(const Context& context, const UpOptions& options) {
  const auto config = context.Config();
  if (!config) {
    std::cerr << "herd up: " << config.error() << '\n';
    return Exit::kUsage;
  }
  if (const auto secret = EnsureSecret(*config); !secret) {
    std::cerr << "herd up: " << secret.error() << '\n';
    return Exit::kFailed;
  }
  return Herd(*config, context, options).Run();
}

}  // namespace

void AddUp(CLI::App& app, Context& context) {
  const auto options = std::make_shared<UpOptions>();
  CLI::App* up = app.add_subcommand("up", "Run all servers of the herd in this terminal");
  up->add_option("--places-index", options->places_index, "The offline places index")
      ->type_name("FILE");
  up->add_option("--journal", options->journal_dir,
                 "Keep what each server knows on disk, in DIR/NAME, and begin with what is there")
      ->type_name("DIR");
  up->add_flag("--clock-confirmed", options->clock_confirmed,
               "The machine's clock is right, though it is far ahead of the journals: let rows "
               "expire by it");
  up->add_option("--log-traffic", options->traffic_dir,
                 "Log every line in and out to DIR/NAME.traffic.log")
      ->type_name("DIR");
  up->add_option("--log-level", options->log_level, "What to log")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  up->footer(kFooter);
  up->callback([&context, options] { context.exit = Up(context, *options); });
}

}  // namespace herd::cli
