#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"

namespace herd::cli {

// A bash script that completes the words of `app` and its subcommands: their names, options, file
// names, and, where a SERVER belongs, the names that `herd completion servers` prints.
std::string BashCompletion(const CLI::App& app);

// herd completion: what a shell needs to complete words.
void AddCompletion(CLI::App& app, Context& context);

}  // namespace herd::cli
