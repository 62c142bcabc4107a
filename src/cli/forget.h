#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace herd::cli {

// herd forget: has a server make a client unknown to the whole herd.
void AddForget(CLI::App& app, Context& context);

}  // namespace herd::cli
