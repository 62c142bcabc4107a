#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd check-config: says whether a configuration file is fine, and what it means.
void AddCheckConfig(CLI::App& app, Context& context);

}  // namespace herd::cli
