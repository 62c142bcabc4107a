#include "cli/ask.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "cli/exchange.h"
#include "cli/target.h"

namespace herd::cli {

void AddAskOptions(CLI::App& app, AskOptions& options) {
  app.add_option("--server", options.server,
                 "Server to ask: a name of the configuration, or HOST:PORT; default: the first "
                 "server of the configuration that answers")
      ->type_name(std::string(kServerTypeName))
      ->expected(1);
  app.add_option("--timeout", options.timeout_s, "Seconds to wait for each server; default: 5")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
}

Exit Ask(const Context& context, const AskOptions& options, const std::string& command,
         std::string_view refused) {
  if (command.find('\n') != std::string::npos) {
    Complain("an argument holds a line end");
    return Exit::kUsage;
  }
  const auto config = context.Config();
  if (!config) {
    Complain(config.error());
    return Exit::kUsage;
  }
  const auto targets = FindTargets(*config, options.server);
  if (!targets) {
    Complain(targets.error());
    return Exit::kUsage;
  }
  const ExchangeSettings settings{
      .timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000)),
      .retries = 0};
  std::optional<std::string> reply;
  const ExchangeHooks hooks{
      .command = [&](JobId) { return command; },
      .due = [](JobId) { return std::chrono::nanoseconds(0); },
      .replied = [&](std::size_t, JobId, std::string_view text) { reply = text; },
      .tick = [] {}};
  for (const Target& target : *targets) {
    const auto outcome = RunExchange({{target, {JobId{}}}}, settings, hooks).front();
    if (reply) break;
    Complain(
        fmt::format("{} ({}): {}", target.label, server::ToString(target.endpoint), outcome.error));
  }
  if (!reply) {
    Complain("no server answered; is the herd up? (herd up)");
    return Exit::kUnreachable;
  }
  std::fwrite(reply->data(), 1, reply->size(), stdout);
  if (std::fflush(stdout) != 0) {
    Complain("standard output cannot be written");
    return Exit::kFailed;
  }
  if (!reply->starts_with('?')) return Exit::kOk;
  Complain(refused);
  return Exit::kFailed;
}

void Complain(std::string_view text) {
  fmt::print(stderr, "herd: {}\n", text);
}

}  // namespace herd::cli
