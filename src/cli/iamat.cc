#include "cli/iamat.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/ask.h"
#include "cli/now.h"
#include "wire/command.h"

namespace herd::cli {
namespace {

struct Options {
  AskOptions ask;
  std::string id;
  std::string location;
  std::string time;
};

std::string WhyRefused(const Options& options) {
  if (!wire::IsClientId(options.id)) {
    return "refused: an ID is 1 to 255 bytes without white space";
  }
  if (!wire::ParseIso6709(options.location)) {
    return fmt::format(
        "refused: \"{}\" is no ISO 6709 location; write latitude and longitude, each with its "
        "sign, "
        "as in +34.068930-118.445127",
        options.location);
  }
  if (!options.time.empty() && !wire::ParsePosixTime(options.time)) {
    return fmt::format(
        "refused: \"{}\" is no time that is taken: write seconds since 1970, up to "
        "9223372036.854775807, as in 1520023934.918963997",
        options.time);
  }
  return "refused, though the command looks right: the server may have no room for new clients "
         "(limits.clients, limits.fleet_bytes), or the line is longer than limits.line_bytes";
}

}  // namespace

void AddIamat(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("iamat", "Tell a server where a client is");
  const auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "The client's ID, without white space")
      ->type_name("ID")
      ->required();
  command
      ->add_option("location", options->location, "Where it is, by ISO 6709: +34.068930-118.445127")
      ->type_name("LOCATION")
      ->required();
  command
      ->add_option("--time", options->time,
                   "When it was there, in seconds since 1970; default: now, with nanoseconds")
      ->type_name("SECONDS");
  AddAskOptions(*command, options->ask);
  command->footer(
      "Prints the server's reply. Exits with 1 when the server refuses (?).\n\nExample:\n"
      "  herd iamat kiwi.cs.ucla.edu +34.068930-118.445127");
  command->callback([&context, options] {
    const std::string line = fmt::format("IAMAT {} {} {}", options->id, options->location,
                                         options->time.empty() ? NowText() : options->time);
    context.exit = Ask(context, options->ask, line, WhyRefused(*options));
  });
}

}  // namespace herd::cli
