#include "cli/whatsat.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/ask.h"
#include "wire/command.h"
#include "wire/shown.h"

namespace herd::cli {
namespace {

struct Options {
  AskOptions ask;
  std::string id;
  std::string radius_km;
  std::string results_max;
};

std::string WhyRefused(const Options& options, const std::string& line) {
  if (std::holds_alternative<wire::Whatsat>(wire::ParseCommand(line))) {
    return fmt::format("refused: the server does not know where \"{}\" is",
                       wire::Shown(options.id));
  }
  return fmt::format(
      "refused: the radius is 0 to {} km and at most 0 to {} places are listed, both "
      "written in digits only",
      wire::kRadiusKmMax, wire::kResultsMax);
}

}  // namespace

void AddWhatsat(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("whatsat", "Ask a server where a client is and what is near it");
  const auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "The client's ID")->type_name("ID")->required();
  command->add_option("radius", options->radius_km, "Kilometres around the client: 0 to 50")
      ->type_name("RADIUS")
      ->required();
  command->add_option("max", options->results_max, "Places to list at most: 0 to 20")
      ->type_name("MAX")
      ->required();
  AddAskOptions(*command, options->ask);
  command->footer(
      "Prints the server's reply: the client's AT line and the places as JSON. Exits with 1 when "
      "the "
      "server refuses (?).\n\nExample:\n  herd whatsat kiwi.cs.ucla.edu 10 5");
  command->callback([&context, options] {
    const std::string line =
        fmt::format("WHATSAT {} {} {}", options->id, options->radius_km, options->results_max);
    context.exit = Ask(context, options->ask, line, WhyRefused(*options, line));
  });
}

}  // namespace herd::cli
