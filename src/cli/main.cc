#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/arguments.h"
#include "cli/command.h"

int main(int argc, char** argv) {
  using herd::cli::Exit;
  // What a server writes says where people are: its files are for their owner alone, those that the
  // journal's database makes, too. A stricter umask stays.
  ::umask(::umask(S_IRWXG | S_IRWXO) | S_IRWXG | S_IRWXO);
  CLI::App app{"Herd: tell any server where you are; ask any server where anyone is.", "herd"};
  app.set_version_flag("--version", "herd " HERD_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  herd::cli::Context context;
  herd::cli::AddHerdCommands(app, context);
  if (const auto unknown = herd::cli::UnknownCommand(app, {argv + 1, argv + argc})) {
    std::cerr << "herd: " << *unknown << '\n';
    return static_cast<int>(Exit::kUsage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? static_cast<int>(Exit::kOk) : static_cast<int>(Exit::kUsage);
  } catch (const std::exception& error) {
    std::cerr << "herd: " << error.what() << '\n';
    return static_cast<int>(Exit::kFailed);
  }
  return static_cast<int>(context.exit);
}
