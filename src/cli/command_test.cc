#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/target.h"

namespace herd::cli {
namespace {

using ::testing::HasSubstr;

// The application as main makes it.
class Command : public testing::Test {
 protected:
  Command() {
    app_.require_subcommand(1);
    app_.fallthrough();
    AddHerdCommands(app_, context_);
  }

  // What a tool says of a file with `text`; nothing when it is not installed.
  static std::string Complaints(const std::string& tool, const std::string& text) {
    const std::string program = tool.substr(0, tool.find(' '));
    if (std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) != 0) return "";
    const auto file = std::filesystem::path(testing::TempDir()) /
                      ("herd_command_test." + program + "." + std::to_string(::getpid()));
    std::ofstream(file) << text;
    const std::unique_ptr<FILE, decltype(&pclose)> pipe(
        popen((tool + " " + file.string() + " 2>&1").c_str(), "r"), &pclose);
    std::string said;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get()))
      said += static_cast<char>(c);
    std::filesystem::remove(file);
    return said;
  }

  Context context_;
  CLI::App app_{"Herd", "herd"};
};

// Calls `visit` with every subcommand, at any depth, and its path.
template <typename Visit>
void ForEachCommand(const CLI::App& app, const std::string& path, const Visit& visit) {
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string inner = path + " " + command->get_name();
    visit(*command, inner);
    ForEachCommand(*command, inner, visit);
  }
}

TEST_F(Command, EachHasADescriptionAndAnExample) {
  ForEachCommand(app_, "herd", [](const CLI::App& command, const std::string& path) {
    EXPECT_FALSE(command.get_description().empty()) << path;
    if (command.get_subcommands({}).empty()) {
      EXPECT_THAT(command.get_footer(), HasSubstr("Example")) << path;
    }
    for (const CLI::Option* option : command.get_options()) {
      EXPECT_FALSE(option->get_description().empty()) << path << " " << option->get_name();
    }
  });
}

TEST_F(Command, TheManualPageAndTheCompletionKnowEachWithItsOptions) {
  const std::string page = ManPage(app_);
  const std::string script = BashCompletion(app_);
  ForEachCommand(app_, "herd", [&](const CLI::App& command, const std::string& path) {
    std::string heading;
    for (const char c : path) heading += c == '-' ? "\\-" : std::string(1, c);
    EXPECT_THAT(page, HasSubstr(".SS \\fB" + heading + "\\fR"));
    EXPECT_THAT(script, HasSubstr("'" + path + "') options='"));
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        std::string escaped;
        for (const char c : name) escaped += c == '-' ? "\\-" : std::string(1, c);
        if (name != "help") {
          EXPECT_THAT(page, HasSubstr("\\-\\-" + escaped));
        }
        EXPECT_THAT(script, HasSubstr("--" + name));
      }
    }
  });
}

TEST_F(Command, RoffAndBashTakeWhatIsPrinted) {
  EXPECT_EQ(Complaints("groff -man -ww -z -Tutf8", ManPage(app_)), "");
  EXPECT_EQ(Complaints("bash -n", BashCompletion(app_)), "");
}

TEST_F(Command, TakesLocationsThatStartWithAMinus) {
  for (const char* location : {"-34.1+118", "+34-118", "-34-118/"}) {
    EXPECT_NO_THROW(
        app_.parse(std::string("iamat kiwi ") + location + " --server 127.0.0.1:1 --time -5"));
    EXPECT_EQ(context_.exit, Exit::kUnreachable);
  }
}

TEST_F(Command, TakesPointsInTheSouthAndWest) {
  for (const char* point : {"-33.9 151.2", "-33.9 -151.2", "33 -1", "-0.5 -0.5", "-- -33.9 -1"}) {
    EXPECT_NO_THROW(app_.parse(std::string("near --server 127.0.0.1:1 ") + point)) << point;
    EXPECT_EQ(context_.exit, Exit::kUnreachable) << point;
  }
}

TEST_F(Command, TakesOneServerBehindEachServerOption) {
  for (const char* line : {"forget --server 127.0.0.1:1 --server 127.0.0.1:1 kiwi --json",
                           "replay --server 127.0.0.1:1 --server 127.0.0.1:1 no/such.csv --json"}) {
    EXPECT_NO_THROW(app_.parse(line)) << line;
    EXPECT_NE(context_.exit, Exit::kOk) << line;
  }
}

TEST_F(Command, SuggestsTheCommandThatWasMeant) {
  EXPECT_EQ(UnknownCommand(app_, {"iamt", "x"}),
            "there is no command \"iamt\"; did you mean \"iamat\"?");
  EXPECT_EQ(UnknownCommand(app_, {"--config", "x", "iamat", "frob"}), std::nullopt);
  EXPECT_EQ(UnknownCommand(app_, {"--help"}), std::nullopt);
  EXPECT_THAT(UnknownCommand(app_, {"frobnicate"}).value(), HasSubstr("there are: "));
}

TEST_F(Command, IsRefusedForAWrongConfiguration) {
  context_.config_file = "no/such.toml";
  for (const char* line : {"iamat kiwi +1+1", "forget kiwi", "check-config", "completion servers",
                           "replay x.csv", "status", "top --once", "near 1 2"}) {
    context_.exit = Exit::kOk;
    app_.parse(line);
    EXPECT_EQ(context_.exit, Exit::kUsage) << line;
  }
}

TEST(FindTargets, TakesNamesAndAddresses) {
  server::Config config = server::BuiltInConfig();
  config.servers[1].clients = {{"*", 5}};
  EXPECT_EQ(FindTargets(config, {})->size(), 5U);
  const auto targets = FindTargets(config, {"Hands", "[::1]:77"});
  ASSERT_TRUE(targets);
  EXPECT_EQ((*targets)[0].endpoint, (server::Endpoint{"localhost", 5}));
  EXPECT_EQ((*targets)[1].endpoint, (server::Endpoint{"::1", 77}));
  EXPECT_THAT(FindTargets(config, {"Golomn"}).error(), HasSubstr("did you mean \"Goloman\"?"));
  EXPECT_FALSE(FindTargets(config, {"127.0.0.1:0"}));
}

TEST(FindTargets, LooksForAdminAddresses) {
  server::Config config = server::BuiltInConfig();
  config.servers[0].admin = {"*", 7};
  config.servers[1].admin.reset();
  config.servers[2].admin = {"127.0.0.1", 0};
  const auto targets = FindTargets(config, {}, TargetKind::kAdmin);
  ASSERT_TRUE(targets);
  EXPECT_EQ(targets->size(), 3U);
  EXPECT_EQ(targets->front().endpoint, (server::Endpoint{"localhost", 7}));
  EXPECT_THAT(FindTargets(config, {"Hands"}, TargetKind::kAdmin).error(),
              HasSubstr("no admin address"));
  EXPECT_FALSE(FindTargets(config, {"Holiday"}, TargetKind::kAdmin));
  for (server::ServerEntry& server : config.servers) server.admin.reset();
  EXPECT_FALSE(FindTargets(config, {}, TargetKind::kAdmin));
}

}  // namespace
}  // namespace herd::cli
