#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd bench: loads servers and tells what they bore.
void AddBench(CLI::App& app, Context& context);

}  // namespace herd::cli
