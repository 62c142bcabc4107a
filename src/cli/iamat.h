#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd iamat: tells a server where a client is.
void AddIamat(CLI::App& app, Context& context);

}  // namespace herd::cli
