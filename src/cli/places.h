#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// Adds `herd places` with import, near and info.
void AddPlaces(CLI::App& app, Context& context);

}  // namespace herd::cli
