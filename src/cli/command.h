#pragma once

#include <CLI/CLI.hpp>
#include <expected>
#include <filesystem>
#include <string>

#include "server/config.h"

namespace herd::cli {

// What the shell learns from `herd`; `herd --help` lists them too.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,       // the work was tried and did not succeed; standard error says why
  kUsage = 2,        // wrong arguments or a wrong configuration; nothing was tried
  kUnreachable = 3,  // no server answered
};

// What every subcommand shares: the options before it, and the exit code it leaves behind.
struct Context {
  std::filesystem::path config_file;  // --config; empty: the built-in herd of five
  Exit exit = Exit::kOk;

  // The configuration that --config names, or the built-in one.
  std::expected<server::Config, std::string> Config() const;
};

// Each adds one subcommand to `app`, with its help and an example; `context` outlives the parse.
void AddHerdCommands(CLI::App& app, Context& context);

}  // namespace herd::cli
