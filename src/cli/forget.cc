#include "cli/forget.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ask.h"
#include "cli/http_client.h"
#include "cli/target.h"
#include "net/percent.h"
#include "server/admin_guard.h"
#include "server/json_writer.h"
#include "wire/command.h"
#include "wire/shown.h"
#include "wire/time.h"

namespace herd::cli {
namespace {

struct Options {
  std::string id;
  std::vector<std::string> servers;
  std::string time;
  double timeout_s = 10;
  bool json = false;
};

constexpr long kOk = 200;
constexpr long kUnavailable = 503;  // it cannot now; another server may

constexpr const char* kFooter =
    "No server knows afterwards where the client was up to now. One server is told, and its\n"
    "neighbours, their neighbours and servers that are down now learn it as they learn reports; "
    "also\n"
    "when the told one did not know the client. A newer report brings the client back, so stop it\n"
    "first.\n"
    "\n"
    "Where the client's newest report counts as later than the server's clock, as when the "
    "client's\n"
    "clock is ahead, nothing is forgotten and the server says which --time does it.\n"
    "\n"
    "Prints the AT line that stands for the client now. Asking again does no harm. Exits with 1 "
    "when\n"
    "the server refuses, or one of several; with 3 when none answered.\n"
    "\n"
    "The ID is given as it is: one that is shown as a\\xff is $'a\\xff' in a shell such as bash.\n"
    "\n"
    "Examples:\n"
    "  herd forget kiwi.cs.ucla.edu\n"
    "  herd forget kiwi.cs.ucla.edu --server Welsh --time 1520023944.918963997";

// What a server said, read from its JSON.
struct Said {
  std::string error;
  std::string tombstone;
  bool known = false;
};

struct Answer {
  std::string label;
  std::expected<HttpResponse, std::string> response;
  Said said;

  bool forgotten() const { return response && response->status == kOk && !said.tombstone.empty(); }
};

Said Read(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return {};
  const auto text = [&](const char* key) {
    std::string_view value;
    return root[key].get(value) == simdjson::SUCCESS ? wire::ShownAgain(value) : std::string();
  };
  Said said{.error = text("error"), .tombstone = text("tombstone")};
  bool known = false;
  said.known = root["known"].get(known) == simdjson::SUCCESS && known;
  return said;
}

std::vector<Answer> TellAll(const std::vector<Target>& targets, const HttpCall& call,
                            std::chrono::milliseconds timeout) {
  std::vector<server::Endpoint> endpoints;
  for (const Target& target : targets) endpoints.push_back(target.endpoint);
  auto responses = HttpClient().Ask(endpoints, call, timeout);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Answer& answer = answers.emplace_back(targets[i].label, std::move(responses[i]));
    if (answer.response) answer.said = Read(answer.response->body);
  }
  return answers;
}

// Until one answers that is not about to start or to end, or without its disk.
std::vector<Answer> TellOne(const std::vector<Target>& targets, const HttpCall& call,
                            std::chrono::milliseconds timeout) {
  std::vector<Answer> answers;
  for (const Target& target : targets) {
    answers.push_back(TellAll({target}, call, timeout).front());
    const auto& response = answers.back().response;
    if (response && response->status != kUnavailable) break;
  }
  return answers;
}

std::string WhyNot(const Answer& answer) {
  if (!answer.response) return answer.response.error();
  if (!answer.said.error.empty()) return answer.said.error;
  return fmt::format("answers with status {}, and not as a server of a herd does",
                     answer.response->status);
}

void PrintText(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    if (!answer.forgotten()) {
      Complain(fmt::format("{}: {}", answer.label, WhyNot(answer)));
      continue;
    }
    fmt::print("{}\n", answer.said.tombstone);
    if (!answer.said.known) Complain(fmt::format("note: {} did not know the client", answer.label));
  }
}

// {"NAME":ANSWER,…}, as servers gave them; {"error":WHY} for one that gave none.
void PrintJson(const std::vector<Answer>& answers) {
  std::vector<std::string> members;
  for (const Answer& answer : answers) {
    server::JsonWriter key;
    key.Value(answer.label);
    std::string value;
    if (answer.response && !(answer.said.error.empty() && answer.said.tombstone.empty())) {
      value = answer.response->body.substr(0, answer.response->body.find_last_not_of('\n') + 1);
    } else {
      server::JsonWriter error;
      error.Open('{').Member("error", WhyNot(answer)).Close('}');
      value = error.text();
    }
    members.push_back(key.text() + ":" + value);
  }
  fmt::print("{{{}}}\n", fmt::join(members, ",\n"));
}

Exit ExitOf(const std::vector<Answer>& answers, bool all) {
  if (std::ranges::none_of(answers,
                           [](const Answer& answer) { return answer.response.has_value(); })) {
    Complain("no server answered; is the herd up? (herd up)");
    return Exit::kUnreachable;
  }
  const bool done = all ? std::ranges::all_of(answers, &Answer::forgotten)
                        : std::ranges::any_of(answers, &Answer::forgotten);
  return done ? Exit::kOk : Exit::kFailed;
}

Exit Forget(const Context& context, const Options& options) {
  if (!wire::IsClientId(options.id)) {
    Complain(fmt::format("an ID is 1 to {} bytes without white space", wire::kClientIdBytesMax));
    return Exit::kUsage;
  }
  if (!options.time.empty() && !wire::ParsePosixTime(options.time)) {
    Complain(
        fmt::format("--time: \"{}\" is no time that is taken: write seconds since 1970, as in "
                    "1520023934.918963997",
                    options.time));
    return Exit::kUsage;
  }
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
  const HttpCall call{.method = "DELETE",
                      .path = fmt::format("/v1/clients/{}{}{}", net::PercentEncode(options.id),
                                          options.time.empty() ? "" : "?time=", options.time),
                      .headers = {fmt::format("{}: 1", server::kChangeHeader)}};
  const std::chrono::milliseconds timeout(static_cast<std::int64_t>(options.timeout_s * 1000));
  const bool all = !options.servers.empty();
  const auto answers = all ? TellAll(*targets, call, timeout) : TellOne(*targets, call, timeout);
  if (options.json) {
    PrintJson(answers);
  } else {
    PrintText(answers);
  }
  if (std::fflush(stdout) != 0) {
    Complain("standard output cannot be written");
    return Exit::kFailed;
  }
  return ExitOf(answers, all);
}

}  // namespace

void AddForget(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("forget", "Make a client unknown to the whole herd");
  const auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "The client's ID")->type_name("ID")->required();
  command
      ->add_option("--server", options->servers,
                   "Server to tell: a name of the configuration, or HOST:PORT of an admin address; "
                   "may stand several times, and all are told; default: the first one of the "
                   "configuration that can")
      ->type_name(std::string(kServerTypeName))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // what stands behind its value is not one, too
  command
      ->add_option("--time", options->time,
                   "Forget where it was up to then, in seconds since 1970; default: now, by the "
                   "server's clock")
      ->type_name("SECONDS");
  command
      ->add_option("--timeout", options->timeout_s, "Seconds to wait for each server; default: 10")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
  command->add_flag("--json", options->json, "Print what the servers say as a JSON object");
  command->footer(kFooter);
  command->callback([&context, options] { context.exit = Forget(context, *options); });
}

}  // namespace herd::cli
