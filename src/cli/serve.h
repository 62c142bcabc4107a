#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd serve NAME: one server of the herd, in this process.
void AddServe(CLI::App& app, Context& context);

}  // namespace herd::cli
