#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd secret: makes the file with the herd's secret.
void AddSecret(CLI::App& app, Context& context);

}  // namespace herd::cli
