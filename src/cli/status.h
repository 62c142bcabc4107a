#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd status: how the servers of the herd do, now.
void AddStatus(CLI::App& app, Context& context);

}  // namespace herd::cli
