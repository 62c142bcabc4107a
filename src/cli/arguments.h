#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace herd::cli {

// What to say when `args` names a subcommand that is not there; nothing when it does not. `args` is
// without the program's name.
std::optional<std::string> UnknownCommand(const CLI::App& app,
                                          const std::vector<std::string>& args);

}  // namespace herd::cli
