#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd whatsat: asks a server where a client is and what is near it.
void AddWhatsat(CLI::App& app, Context& context);

}  // namespace herd::cli
