#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd replay: sends the positions of a file to servers.
void AddReplay(CLI::App& app, Context& context);

}  // namespace herd::cli
