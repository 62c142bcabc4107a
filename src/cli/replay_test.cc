#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/fake_server.h"
#include "cli/replay_options.h"
#include "cli/replay_plan.h"
#include "cli/replay_report.h"
#include "cli/replay_run.h"
#include "cli/verify.h"
#include "wire/command.h"

namespace herd::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Rows RowsOf(const std::vector<std::pair<std::string, std::string>>& movers_and_times) {
  Rows rows;
  std::uint64_t line = 0;
  for (const auto& [mover, time] : movers_and_times) {
    rows.rows.push_back({mover, fmt::format("+1+{}", ++line), time, line});
  }
  return rows;
}

std::vector<std::string> Order(const ReplayPlan& plan) {
  std::vector<std::string> order;
  for (const Step& step : plan.steps) {
    order.push_back(plan.ids[step.mover] + step.time + "@" +
                    std::to_string(std::chrono::duration_cast<milliseconds>(step.due).count()));
  }
  return order;
}

TEST(MakePlan, KeepsTheOrderOfTheFileAtFullSpeed) {
  Rows rows = RowsOf({{"a", "9"}, {"a", "5"}, {"b", "1"}});
  EXPECT_THAT(Order(*MakePlan(rows, std::nullopt)), ElementsAre("a9@0", "a5@0", "b1@0"));
}

TEST(MakePlan, PacesByTimeButNeverReordersOneMover) {
  Rows rows = RowsOf({{"a", "11"}, {"a", "13"}, {"a", "12"}, {"b", "10.5"}, {"b", ""}, {"c", ""}});
  EXPECT_THAT(Order(*MakePlan(rows, 2)),
              ElementsAre("b10.5@0", "b@0", "c@0", "a11@250", "a13@1250", "a12@1250"));
}

TEST(MakePlan, MakesIdsOfNames) {
  Rows rows = RowsOf({{"03-OCT-10 #2", "1"},
                      {" kiwi ", "1"},
                      {"", "1"},
                      {"\t", "1"},
                      {std::string(256, 'x'), "1"}});
  const auto plan = MakePlan(rows, std::nullopt);
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_THAT(plan->ids, ElementsAre("03-OCT-10_#2", "kiwi"));
  EXPECT_EQ(plan->renamed, 1U);
  EXPECT_EQ(rows.left_out.at("an ID that is empty or longer than 255 bytes").count, 3U);
}

TEST(MakePlan, RefusesToMakeOneOfTwoMovers) {
  Rows rows = RowsOf({{"a b", "1"}, {"a_b", "1"}});
  EXPECT_THAT(MakePlan(rows, std::nullopt).error(), HasSubstr("both would be sent as a_b"));
}

TEST(LooksLikeRowNumbers, WhenNearlyEveryRowHasItsOwnId) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < 100; ++i) rows.emplace_back(std::to_string(i), "1");
  Rows own = RowsOf(rows);
  EXPECT_TRUE(LooksLikeRowNumbers(*MakePlan(own, std::nullopt)));
  rows.resize(80);
  for (int i = 0; i < 20; ++i) rows.emplace_back("7", "1");
  Rows shared = RowsOf(rows);
  EXPECT_FALSE(LooksLikeRowNumbers(*MakePlan(shared, std::nullopt)));
}

TEST(ReadSpeed, IsAFactorOrMax) {
  EXPECT_EQ(*ReadSpeed("max"), std::nullopt);
  EXPECT_EQ(*ReadSpeed("0.5"), 0.5);
  for (const char* wrong : {"", "0", "-1", "fast", "1x", "nan", "inf"})
    EXPECT_FALSE(ReadSpeed(wrong)) << wrong;
}

// Servers that share one table, as a herd does whose flooding takes no time.
class FakeHerd {
 public:
  explicit FakeHerd(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      servers_.push_back(std::make_unique<FakeServer>(
          [this, name](std::string_view line) { return Answer(name, line); }));
      targets.push_back(servers_.back()->target(name));
    }
  }

  std::vector<Target> targets;
  std::mutex mutex;  // guards what follows
  std::map<std::string, std::string, std::less<>> rows;
  std::vector<std::string> received;
  std::string refused;    // lines that hold this are refused, unless it is empty
  std::string forgetful;  // the name of a server that knows nobody

 private:
  std::optional<std::string> Answer(const std::string& name, std::string_view line) {
    const std::lock_guard lock(mutex);
    const wire::Command command = wire::ParseCommand(line);
    if (const auto* whatsat = std::get_if<wire::Whatsat>(&command)) {
      const auto row = rows.find(whatsat->client);
      if (row != rows.end() && name != forgetful) return row->second + "\n{}\n\n";
    }
    const auto* iamat = std::get_if<wire::Iamat>(&command);
    if (iamat == nullptr || (!refused.empty() && line.find(refused) != std::string::npos)) {
      return "? " + std::string(line) + "\n";
    }
    received.emplace_back(line);
    std::string at = fmt::format("AT {} +1.000000000 {} {} {}", name, iamat->client,
                                 iamat->location_text, iamat->time_text);
    std::string& row = rows[std::string(iamat->client)];
    if (Wins(at, row)) row = at;
    return at + "\n";
  }

  std::vector<std::unique_ptr<FakeServer>> servers_;
};

ReplayPlan SamplePlan() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < 500; ++i)
    rows.emplace_back(fmt::format("m{}", i % 20), std::to_string(1000 + (i * 7) % 90));
  Rows sample = RowsOf(rows);
  return *MakePlan(sample, std::nullopt);
}

TEST(RunReplay, IsAnsweredForEveryRowAndVerified) {
  FakeHerd herd({"A", "B", "C"});
  const ReplayPlan plan = SamplePlan();
  const ReplayResult result = RunReplay(plan, herd.targets, {});
  // +1+181 and more lie outside the globe.
  EXPECT_EQ(result.sent, 500U);
  EXPECT_EQ(result.answered, 180U);
  EXPECT_EQ(result.refused, 320U);
  EXPECT_EQ(result.unanswered, 0U);
  EXPECT_EQ(result.lanes[0].answered, 167U);
  const Verification verification =
      Verify(plan.ids, result.winners, herd.targets, {}, milliseconds(0));
  EXPECT_EQ(verification.winning, 20U);
  EXPECT_EQ(verification.wrong, 0U);
}

TEST(RunReplay, SendsTheTimeOfSendingForRowsWithout) {
  FakeHerd herd({"A"});
  Rows rows = RowsOf({{"a", ""}});
  const ReplayResult result = RunReplay(*MakePlan(rows, std::nullopt), herd.targets, {});
  EXPECT_EQ(result.answered, 1U);
  const std::lock_guard lock(herd.mutex);
  EXPECT_THAT(herd.received,
              ElementsAre(testing::MatchesRegex("IAMAT a \\+1\\+1 [0-9]+\\.[0-9]+")));
}

TEST(Verify, TellsANewerReportFromAWrongOne) {
  FakeHerd herd({"A", "B"});
  Rows rows = RowsOf({{"a", "5"}, {"b", "5"}, {"c", "5"}});
  const ReplayPlan plan = *MakePlan(rows, std::nullopt);
  const ReplayResult result = RunReplay(plan, herd.targets, {});
  {
    const std::lock_guard lock(herd.mutex);
    herd.rows["a"] = "AT A +1.000000000 a +9+9 6";
    herd.rows["b"] = "AT A +1.000000000 b +9+9 4";
  }
  Verification verification = Verify(plan.ids, result.winners, herd.targets, {}, milliseconds(0));
  EXPECT_EQ(verification.newer, 1U);
  EXPECT_EQ(verification.winning, 1U);
  EXPECT_EQ(verification.wrong, 1U);
  EXPECT_THAT(verification.differences,
              ElementsAre(HasSubstr("A says AT A +1.000000000 b +9+9 4")));
  {
    const std::lock_guard lock(herd.mutex);
    herd.forgetful = "B";
  }
  verification = Verify(plan.ids, result.winners, herd.targets, {}, milliseconds(0));
  EXPECT_EQ(verification.wrong, 3U);
}

TEST(Wins, FollowsTheTotalOrder) {
  const std::string early = "AT B +1.000000000 a +1+1 5";
  EXPECT_TRUE(Wins(early, ""));
  EXPECT_FALSE(Wins("", early));
  EXPECT_FALSE(Wins(early, early));
  EXPECT_TRUE(Wins("AT A +1.000000000 a +1+1 6", early));
  EXPECT_TRUE(Wins("AT C +1.000000000 a +1+1 5", early));
  EXPECT_FALSE(Wins("AT Z -99.000000000 a +1+1 15", "AT A +1.000000000 a +1+1 6"));
}

TEST(Report, NamesEverythingThatHappened) {
  FakeHerd herd({"A"});
  herd.refused = " b ";
  Rows rows = RowsOf({{"a \"x\"", "5"}, {"b", "5"}, {"", "5"}});
  const ReplayPlan plan = *MakePlan(rows, std::nullopt);
  ReplayReport report;
  report.file = "x.csv";
  report.targets = herd.targets;
  report.movers = plan.ids.size();
  report.renamed = plan.renamed;
  report.left_out = rows.left_out;
  report.result = RunReplay(plan, herd.targets, {});
  EXPECT_THAT(
      ReportText(report),
      testing::AllOf(
          HasSubstr("sent        2 rows\nanswered    1\nrefused     1, first: ? IAMAT b +1+2 5\n"),
          HasSubstr("renamed     1 movers"), HasSubstr("left out    1\n")));
  EXPECT_THAT(
      ReportJson(report),
      testing::AllOf(HasSubstr("\"sent\":2,\"answered\":1,\"refused\":1,\"unanswered\":0,"),
                     HasSubstr("\"left_out\":1,"), testing::EndsWith("\"verification\":null}\n")));
}

// IDs that differ in bytes that are not UTF-8 can be told apart, and no terminal obeys them.
TEST(Report, ShowsIdsSoThatTheyCanBeHadBack) {
  FakeHerd herd({"A"});
  herd.refused = "\xfe";
  Rows rows = RowsOf({{"\xfe\x1b", "5"}, {"\xff\\", "5"}});
  rows.LeaveOut("none", 3, "\xfd\x1b");
  ReplayReport report;
  report.left_out = rows.left_out;
  report.targets = herd.targets;
  const ReplayPlan plan = *MakePlan(rows, std::nullopt);
  report.result = RunReplay(plan, herd.targets, {});
  {
    const std::lock_guard lock(herd.mutex);
    herd.rows["\xff\\"] = "AT A +1.000000000 \xff\\ +9+9 4";
  }
  report.verification = Verify(plan.ids, report.result.winners, herd.targets, {}, milliseconds(0));
  const std::string text = ReportText(report);
  EXPECT_THAT(text, HasSubstr("first: ? IAMAT \\xfe\\x1b +1+1 5\n"));
  EXPECT_THAT(text, HasSubstr("(first: line 3, \"\\xfd\\x1b\")"));
  EXPECT_THAT(text, HasSubstr("\\xff\\\\: should be AT A +1.000000000 \\xff\\\\ +1+2 5\n"
                              "  A says AT A +1.000000000 \\xff\\\\ +9+9 4\n"));
  EXPECT_THAT(ReportJson(report), HasSubstr("\"example\":\"\\\\xfd\\\\x1b\""));
}

TEST(MakePlan, ShowsTheIdsItComplainsOf) {
  Rows rows = RowsOf({{"\xff a", "5"}, {"\xff_a", "5"}});
  EXPECT_THAT(MakePlan(rows, std::nullopt).error(),
              HasSubstr("\"\\xff a\" and \"\\xff_a\" are two movers"));
}

}  // namespace
}  // namespace herd::cli
