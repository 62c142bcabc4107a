#include "cli/completion.h"

#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <vector>

#include "cli/ask.h"
#include "cli/target.h"

namespace herd::cli {
namespace {

// How the shell completes a value.
enum class Kind { kNothing, kFile, kServer, kWords };

bool Holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

Kind KindOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (Holds(type, kServerTypeName)) return Kind::kServer;
  if (Holds(type, "{")) return Kind::kWords;
  if (Holds(type, "FILE") || Holds(type, "DIR") || Holds(type, "PATH")) return Kind::kFile;
  return Kind::kNothing;
}

// The words of a type name such as "TEXT:{bash,servers}".
std::string WordsOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  std::string words = type.substr(open + 1, type.find('}') - open - 1);
  for (char& c : words) {
    if (c == ',') c = ' ';
  }
  return words;
}

std::string Action(const CLI::Option& option) {
  switch (KindOf(option)) {
    case Kind::kFile:
      return "_herd_files";
    case Kind::kServer:
      return "_herd_servers";
    case Kind::kWords:
      return fmt::format("_herd_words '{}'", WordsOf(option));
    case Kind::kNothing:
      break;
  }
  return ":";
}

std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// What one command adds to the script's two functions.
struct Cases {
  std::string values;    // how the value of an option is completed
  std::string words;     // what else may stand behind the command
  std::string commands;  // the paths of all commands
};

void AddCases(const CLI::App& app, const std::string& path, Cases& cases) {
  std::string options;
  std::string action = ":";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      if (action == ":") action = Action(*option);
      continue;
    }
    const std::vector<std::string> names = NamesOf(*option);
    options += fmt::format("{}{}", options.empty() ? "" : " ", fmt::join(names, " "));
    if (option->get_items_expected_min() == 0) continue;
    for (const std::string& name : names) {
      cases.values += fmt::format("    '{} {}') {}; return ;;\n", path, name, Action(*option));
    }
  }
  std::string commands;
  for (const CLI::App* subcommand : app.get_subcommands({})) {
    if (subcommand->get_group().empty()) continue;
    commands += (commands.empty() ? "" : " ") + subcommand->get_name();
    cases.commands +=
        fmt::format("    '{0} {1}') path='{0} {1}' ;;\n", path, subcommand->get_name());
    AddCases(*subcommand, fmt::format("{} {}", path, subcommand->get_name()), cases);
  }
  cases.words += fmt::format("    '{}') options='{}'; commands='{}'; action=\"{}\" ;;\n", path,
                             options, commands, action);
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  Cases cases;
  AddCases(app, app.get_name(), cases);
  return fmt::format(R"(# bash completion for herd, printed by "herd completion bash".
_herd_files() {{ compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }}
_herd_words() {{ COMPREPLY=($(compgen -W "$1" -- "$cur")); }}
_herd_servers() {{
  local names
  names=$("${{COMP_WORDS[0]}}" ${{config:+--config "$config"}} completion servers 2>/dev/null)
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}}
# Completes the value of option $2 of the command $1; false when it takes none.
_herd_value() {{
  case "$1 $2" in
{}    *) return 1 ;;
  esac
}}
_herd() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} path=herd config= word i options commands action
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    [[ $word == --config ]] && config=${{COMP_WORDS[i + 1]}}
    case "$path $word" in
{}    esac
  done
  word=${{COMP_WORDS[COMP_CWORD - 1]}}
  if [[ $word == -* ]]; then
    _herd_value "$path" "$word" && return
    _herd_value herd "$word" && return
  fi
  case $path in
{}  esac
  if [[ $cur == -* ]]; then
    _herd_words "$options"
  elif [[ -n $commands ]]; then
    _herd_words "$commands"
  else
    eval "$action"
  fi
}}
complete -F _herd herd
)",
                     cases.values, cases.commands, cases.words);
}

void AddCompletion(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("completion", "Print what a shell needs to complete words");
  const auto what = std::make_shared<std::string>();
  command
      ->add_option("what", *what,
                   "bash: the script for bash; servers: the names of the configuration's servers")
      ->required()
      ->check(CLI::IsMember({"bash", "servers"}));
  command->footer("Example:\n  source <(herd completion bash)");
  command->callback([&app, &context, what] {
    if (*what == "bash") {
      fmt::print("{}", BashCompletion(app));
      return;
    }
    const auto config = context.Config();
    if (!config) {
      Complain(config.error());
      context.exit = Exit::kUsage;
      return;
    }
    for (const server::ServerEntry& server : config->servers) fmt::print("{}\n", server.name);
  });
}

}  // namespace herd::cli
