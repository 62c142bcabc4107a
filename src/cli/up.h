#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd up: every server of the herd as a process of this terminal.
void AddUp(CLI::App& app, Context& context);

}  // namespace herd::cli
