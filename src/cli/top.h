#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd top: how the servers of the herd do, live.
void AddTop(CLI::App& app, Context& context);

}  // namespace herd::cli
