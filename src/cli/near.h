#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd near: asks a server which clients are near a point.
void AddNear(CLI::App& app, Context& context);

}  // namespace herd::cli
