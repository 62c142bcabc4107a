#include "cli/man.h"

#include <fmt/format.h>

#include <cctype>
#include <sstream>
#include <vector>

namespace herd::cli {
namespace {

// Text that roff sets as it is: no line of it is a request, no backslash an escape, and minus signs
// can be copied from the page.
std::string Roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string Upper(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

// The name of a value without CLI11's additions, which stand behind a colon or a space.
std::string ValueName(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find_first_of(": "));
}

void AddOption(const CLI::Option& option, std::string& page) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames())
    names.push_back("\\fB\\-" + Roff(name) + "\\fR");
  for (const std::string& name : option.get_lnames())
    names.push_back("\\fB\\-\\-" + Roff(name) + "\\fR");
  page += fmt::format(".TP\n{}", fmt::join(names, ", "));
  if (option.get_items_expected_min() > 0)
    page += fmt::format(" \\fI{}\\fR", Roff(ValueName(option)));
  page += fmt::format("\n{}\n", Roff(option.get_description()));
}

std::string PositionalName(const CLI::Option& option) {
  const bool words = option.get_type_name().find('{') != std::string::npos;
  return Upper(words || ValueName(option) == "TEXT" ? option.get_name() : ValueName(option));
}

// Paragraphs; lines that start with two spaces are shown as they are.
void AddFooter(const std::string& footer, std::string& page) {
  std::istringstream lines(footer);
  std::string line;
  bool example = false;
  while (std::getline(lines, line)) {
    const bool indented = line.starts_with("  ");
    if (indented != example) page += indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n";
    example = indented;
    if (indented) {
      page += Roff(line.substr(2)) + "\n";
    } else {
      page += line.empty() ? ".PP\n" : Roff(line) + "\n";
    }
  }
  if (example) page += ".RE\n.fi\n";
}

void AddCommand(const CLI::App& app, const std::string& path, std::string& page) {
  std::string usage = fmt::format("\\fB{}\\fR", Roff(path));
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() || option->get_group().empty()) continue;
    const std::string name = fmt::format("\\fI{}\\fR", Roff(PositionalName(*option)));
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  page += fmt::format(".SS {}\n{}\n", usage, Roff(app.get_description()));
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->check_name("--help")) continue;
    if (option->get_positional()) {
      page += fmt::format(".TP\n\\fI{}\\fR\n{}\n", Roff(PositionalName(*option)),
                          Roff(option->get_description()));
    } else {
      AddOption(*option, page);
    }
  }
  if (!app.get_footer().empty()) {
    page += ".PP\n";
    AddFooter(app.get_footer(), page);
  }
  for (const CLI::App* subcommand : app.get_subcommands({})) {
    if (!subcommand->get_group().empty()) {
      AddCommand(*subcommand, path + " " + subcommand->get_name(), page);
    }
  }
}

}  // namespace

std::string ManPage(const CLI::App& app) {
  std::string page = fmt::format(".TH HERD 1 \"\" \"{}\" \"User Commands\"\n", Roff(app.version()));
  page += ".SH NAME\nherd \\- a herd of location servers\n";
  page += ".SH SYNOPSIS\n.B herd\n[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]\n";
  page += ".SH DESCRIPTION\n" + Roff(app.get_description()) + "\n.SH OPTIONS\n";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) AddOption(*option, page);
  }
  page += ".SH COMMANDS\n";
  for (const CLI::App* subcommand : app.get_subcommands({})) {
    if (!subcommand->get_group().empty()) {
      AddCommand(*subcommand, "herd " + subcommand->get_name(), page);
    }
  }
  page += ".SH NOTES\n";
  AddFooter(app.get_footer(), page);
  return page;
}

void AddMan(CLI::App& app, Context&) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page herd(1)");
  command->footer("Example:\n  herd man | man -l -");
  command->callback([&app] { fmt::print("{}", ManPage(app)); });
}

}  // namespace herd::cli
