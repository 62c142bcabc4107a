#include "cli/status.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/ask.h"
#include "cli/http_client.h"
#include "cli/status_text.h"
#include "cli/target.h"
#include "server/json_writer.h"

namespace herd::cli {
namespace {

struct Options {
  std::vector<std::string> servers;
  double timeout_s = 2;
  bool json = false;
};

constexpr const char* kFooter =
    "SERVER is a name of the configuration or the HOST:PORT of an admin address. LAG counts rows\n"
    "that changed and were not handed to the links yet, or not written to the journal; REPORTS/S\n"
    "are those of clients since the server started. Digests of servers that take reports differ\n"
    "for a moment.\n"
    "\n"
    "Exits with 0 when all that were asked answered, with 1 when some did not, with 3 when none "
    "did.\n"
    "\n"
    "Examples:\n"
    "  herd status\n"
    "  herd status --json Goloman | python3 -m json.tool";

// {"NAME":STATUS,…}; {"error":WHY} for a server without an answer. What servers say is passed on as
// it came.
std::string Json(const std::vector<ServerAnswer>& answers,
                 const std::vector<std::expected<std::string, std::string>>& texts) {
  std::vector<std::string> members;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    server::JsonWriter key;
    key.Value(answers[i].label);
    std::string value;
    if (answers[i].view) {
      value = texts[i]->substr(0, texts[i]->find_last_not_of('\n') + 1);
    } else {
      server::JsonWriter error;
      error.Open('{').Member("error", answers[i].view.error()).Close('}');
      value = error.text();
    }
    members.push_back(key.text() + ":" + value);
  }
  return fmt::format("{{{}}}", fmt::join(members, ",\n"));
}

Exit Status(const Context& context, const Options& options) {
  const auto config = context.Config();
  if (!config) {
    Complain(config.error());
    return Exit::kUsage;
  }
  const auto targets = FindTargets(*config, options.servers, TargetKind::kAdmin);
  if (!targets) {
    Complain(targets.error());
    return Exit::kUsage;
  }
  HttpClient http;
  const auto texts =
      FetchStatus(http, *targets,
                  std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000)));
  const std::vector<ServerAnswer> answers = ReadStatus(*targets, texts);
  if (options.json) {
    fmt::print("{}\n", Json(answers, texts));
  } else {
    for (const std::string& line : StatusLines(answers)) fmt::print("{}\n", line);
  }
  if (std::fflush(stdout) != 0) {
    Complain("standard output cannot be written");
    return Exit::kFailed;
  }
  const auto answered = std::ranges::count_if(
      answers, [](const ServerAnswer& answer) { return answer.view.has_value(); });
  if (answered == 0) {
    Complain("no server answered; is the herd up? (herd up)");
    return Exit::kUnreachable;
  }
  return answered == std::ssize(answers) ? Exit::kOk : Exit::kFailed;
}

}  // namespace

void AddStatus(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("status", "Show how the servers of the herd do");
  const auto options = std::make_shared<Options>();
  command->add_option("SERVER", options->servers, "Which servers to ask; default: all")
      ->type_name(std::string(kServerTypeName));
  command->add_flag("--json", options->json, "Print what the servers say as a JSON object");
  command->add_option("--timeout", options->timeout_s, "Seconds to wait for answers; default: 2")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
  command->footer(kFooter);
  command->callback([&context, options] { context.exit = Status(context, *options); });
}

}  // namespace herd::cli
