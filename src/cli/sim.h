#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// `herd sim`: whole herds in one thread, on a simulated network, clock and disk.
void AddSim(CLI::App& app, Context& context);

}  // namespace herd::cli
