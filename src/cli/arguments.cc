#include "cli/arguments.h"

#include <fmt/format.h>

#include <cstddef>

#include "server/nearest_name.h"
#include "wire/ascii.h"

namespace herd::cli {
namespace {

// As CLI11 sees it: -34-118 is none, since no option of ours starts with a digit.
bool IsOption(std::string_view arg) {
  return arg.size() > 1 && arg[0] == '-' && !wire::IsDigit(arg[1]);
}

const CLI::App* Subcommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* subcommand : app.get_subcommands({})) {
    if (subcommand->check_name(name)) return subcommand;
  }
  return nullptr;
}

// How many of the arguments behind `arg` are its values.
std::size_t ValuesOf(const CLI::App* app, const std::string& arg) {
  if (arg.find('=') != std::string::npos) return 0;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (!option->get_positional() && option->check_name(arg)) {
        return static_cast<std::size_t>(option->get_items_expected_min());
      }
    }
  }
  return 0;
}

}  // namespace

std::optional<std::string> UnknownCommand(const CLI::App& app,
                                          const std::vector<std::string>& args) {
  const CLI::App* current = &app;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (IsOption(args[i])) {
      i += ValuesOf(current, args[i]);
      continue;
    }
    std::vector<std::string> names;
    for (const CLI::App* subcommand : current->get_subcommands({})) {
      if (!subcommand->get_name().empty()) names.push_back(subcommand->get_name());
    }
    if (names.empty()) return std::nullopt;
    const CLI::App* subcommand = Subcommand(*current, args[i]);
    if (subcommand == nullptr) {
      const auto nearest = server::NearestName(args[i], names);
      return fmt::format("there is no command \"{}\"{}", args[i],
                         nearest ? fmt::format("; did you mean \"{}\"?", *nearest)
                                 : fmt::format("; there are: {}", fmt::join(names, ", ")));
    }
    current = subcommand;
  }
  return std::nullopt;
}

}  // namespace herd::cli
