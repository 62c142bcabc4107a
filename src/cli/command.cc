#include "cli/command.h"

#include "cli/bench.h"
#include "cli/check_config.h"
#include "cli/completion.h"
#include "cli/forget.h"
#include "cli/iamat.h"
#include "cli/man.h"
#include "cli/near.h"
#include "cli/places.h"
#include "cli/replay.h"
#include "cli/secret.h"
#include "cli/serve.h"
#include "cli/sim.h"
#include "cli/status.h"
#include "cli/top.h"
#include "cli/up.h"
#include "cli/whatsat.h"

namespace herd::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 tried and failed; 2 wrong arguments or configuration, nothing was "
    "tried;\n"
    "3 no server answered. \"herd COMMAND --help\" tells more of a command, with an example.\n"
    "\n"
    "Examples:\n"
    "  herd up\n"
    "  herd iamat kiwi.cs.ucla.edu +34.068930-118.445127\n"
    "  herd whatsat kiwi.cs.ucla.edu 10 5";

}  // namespace

std::expected<server::Config, std::string> Context::Config() const {
  if (config_file.empty()) return server::BuiltInConfig();
  return server::LoadConfig(config_file);
}

void AddHerdCommands(CLI::App& app, Context& context) {
  app.add_option("--config", context.config_file,
                 "Configuration file (TOML); default: five servers on loopback")
      ->type_name("FILE");
  AddUp(app, context);
  AddServe(app, context);
  AddIamat(app, context);
  AddWhatsat(app, context);
  AddNear(app, context);
  AddForget(app, context);
  AddReplay(app, context);
  AddStatus(app, context);
  AddTop(app, context);
  AddSecret(app, context);
  AddPlaces(app, context);
  AddSim(app, context);
  AddBench(app, context);
  AddCheckConfig(app, context);
  AddCompletion(app, context);
  AddMan(app, context);
  app.footer(kFooter);
}

}  // namespace herd::cli
