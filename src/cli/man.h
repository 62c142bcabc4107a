#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"

namespace herd::cli {

// The manual page herd(1) in roff, made of the help of `app` and its subcommands.
std::string ManPage(const CLI::App& app);

// herd man: the manual page.
void AddMan(CLI::App& app, Context& context);

}  // namespace herd::cli
