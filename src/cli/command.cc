#include "cli/command.h"

#include "cli/check_config.h"
#include "cli/iamat.h"
#include "cli/places.h"
#include "cli/replay.h"
#include "cli/secret.h"
#include "cli/serve.h"
#include "cli/up.h"
#include "cli/whatsat.h"

namespace herd::cli {
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
  AddReplay(app, context);
  AddSecret(app, context);
  AddPlaces(app, context);
  AddCheckConfig(app, context);
}

}  // namespace herd::cli
