#include "load/command_source.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "wire/command.h"

namespace herd::load {
namespace {

const CommandSource::Time kNow = std::chrono::steady_clock::now();

Settings With(std::size_t servers) {
  Settings settings;
  settings.servers.resize(servers);
  return settings;
}

std::string ClientOf(const std::string& line) {
  return line.substr(line.find(' ') + 1, 14);
}

TEST(CommandSource, EveryClientReportsFirstOnce) {
  const Settings settings = With(3);
  CommandSource source(settings, 100, 10, 1);
  std::set<std::string> clients;
  int reports = 0;
  for (std::size_t server = 0; server < 3; ++server) {
    for (std::string line; source.AppendFirst(line, server, kNow); line.clear(), ++reports)
      clients.insert(ClientOf(line));
  }
  EXPECT_EQ(reports, 10);
  EXPECT_EQ(clients.size(), 10U);
  EXPECT_EQ(*clients.begin(), "client-0000100");
  EXPECT_EQ(*clients.rbegin(), "client-0000109");
}

TEST(CommandSource, ReportsAreNewerEachTime) {
  const Settings settings = With(1);
  CommandSource source(settings, 0, 1, 1);
  wire::UnixNanos last{0};
  for (int i = 0; i < 1'000; ++i) {
    std::string line;
    source.Append(line, 0, kNow);
    line.pop_back();
    const wire::Command command = wire::ParseCommand(line);
    const wire::UnixNanos time = std::get<wire::Iamat>(command).time;
    EXPECT_GT(time.value, last.value);
    last = time;
  }
}

TEST(CommandSource, MixesQuestionsAsToldTo) {
  Settings settings = With(1);
  settings.questions = 0.25;
  CommandSource source(settings, 0, 100, 1);
  int questions = 0;
  std::string line;
  for (int i = 0; i < 10'000; ++i)
    if (source.Append(line, 0, kNow) == Ask::kQuestion) ++questions;
  EXPECT_NEAR(questions, 2'500, 200);
}

TEST(CommandSource, ClientsStayWhereTheyAreUnlessTheyRoam) {
  for (const double roaming : {0.0, 0.1}) {
    Settings settings = With(2);
    settings.roaming = roaming;
    CommandSource source(settings, 0, 20, 1);
    std::set<std::string> seen[2];
    for (int i = 0; i < 2'000; ++i) {
      std::string line;
      source.Append(line, static_cast<std::size_t>(i) % 2, kNow);
      seen[i % 2].insert(ClientOf(line));
    }
    EXPECT_EQ(seen[0].size(), roaming > 0 ? 20U : 10U);
    EXPECT_EQ(seen[1].size(), roaming > 0 ? 20U : 10U);
  }
}

}  // namespace
}  // namespace herd::load
