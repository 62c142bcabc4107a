#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "cli/command.h"

namespace herd::cli {

// The options of the commands that ask a server one thing.
struct AskOptions {
  std::vector<std::string> server;  // none, or one
  double timeout_s = 5;
};

// Adds --server and --timeout.
void AddAskOptions(CLI::App& app, AskOptions& options);

// Sends `command` to the server of `options`, or to the configuration's servers in turn until one
// answers, and writes the reply to standard output just as it came. `refused` is what to tell on
// standard error when the answer is "?".
Exit Ask(const Context& context, const AskOptions& options, const std::string& command,
         std::string_view refused);

// Says on standard error why a command failed: "herd: …".
void Complain(std::string_view text);

}  // namespace herd::cli
