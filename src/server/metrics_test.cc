#include "server/metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/test_status.h"

namespace herd::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kDocs = HERD_DOCS;

std::string Read(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string WordFor(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "another";
  }
}

std::string LabelsOf(const prometheus::MetricFamily& family) {
  std::vector<std::string> names;
  for (const auto& label : family.metric.front().label) names.push_back("`" + label.name + "`");
  return fmt::format("{}", fmt::join(names, " "));
}

// The names of docs/metrics.md: each row of its tables begins with one.
std::set<std::string> DocumentedNames() {
  std::set<std::string> names;
  const std::string page = Read(kDocs / "metrics.md");
  const std::regex row("\\n\\| `(herd_[a-z_]+)` \\|");
  for (std::sregex_iterator found(page.begin(), page.end(), row), end; found != end; ++found)
    names.insert((*found)[1]);
  return names;
}

// A strict reader of the text format, version 0.0.4: every line is known, a family's lines stand
// together behind its HELP and TYPE, no series comes twice, buckets grow and end at the count.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) Take(line);
    EXPECT_FALSE(types_.empty());
  }

  const std::map<std::string, double>& series() const { return series_; }
  const std::map<std::string, std::string>& types() const { return types_; }

 private:
  std::map<std::string, std::string> types_;
  std::map<std::string, double> series_;
  std::string family_;
  std::string helped_;

  void Take(const std::string& line) {
    static const std::regex help("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
    static const std::regex type("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)");
    static const std::regex sample(
        "([a-zA-Z_:][a-zA-Z0-9_:]*)"
        R"((\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*")"
        R"((?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*")*\})?)"
        R"( ([-+]?[0-9.]+(?:e[-+]?[0-9]+)?|[-+]Inf|NaN))");
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      helped_ = match[1];
    } else if (std::regex_match(line, match, type)) {
      family_ = match[1];
      EXPECT_EQ(family_, helped_);
      EXPECT_TRUE(types_.emplace(family_, match[2]).second) << line;
    } else if (std::regex_match(line, match, sample)) {
      TakeSample(match[1], match[2], match[3]);
    } else {
      ADD_FAILURE() << "not of the format: " << line;
    }
  }

  void TakeSample(const std::string& name, const std::string& labels, const std::string& value) {
    const bool histogram = types_[family_] == "histogram";
    const std::set<std::string> allowed =
        histogram ? std::set<std::string>{family_ + "_bucket", family_ + "_sum", family_ + "_count"}
                  : std::set<std::string>{family_};
    EXPECT_TRUE(allowed.contains(name)) << name << " stands with " << family_;
    EXPECT_TRUE(series_.emplace(name + labels, std::stod(value)).second) << name << labels;
  }
};

TEST(Metrics, AreOfTheFormatAndWellNamed) {
  const Exposition exposition(MetricsText(FullStatus()));
  for (const auto& [name, type] : exposition.types()) {
    EXPECT_TRUE(name.starts_with("herd_"));
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    if (type == "histogram") {
      EXPECT_TRUE(name.ends_with("_seconds")) << name;
    }
  }
}

TEST(Metrics, EscapeWhatStandsInLabels) {
  const Exposition exposition(MetricsText(FullStatus()));
  EXPECT_EQ(exposition.series().at("herd_link_up{link=\"Ho\\\"liday\\n\"}"), 0);
}

TEST(Metrics, HoldTheStatus) {
  Status status = FullStatus();
  status.journal->told.held_back = 4;
  status.journal->told.damages = 2;
  const auto series = Exposition(MetricsText(status)).series();
  EXPECT_EQ(series.at("herd_clients"), 3);
  EXPECT_EQ(series.at("herd_fleet_digest"), 0x0123456789ab);
  EXPECT_EQ(series.at("herd_uptime_seconds"), 2.5);
  EXPECT_EQ(series.at("herd_reports_total{outcome=\"older\"}"), 5);
  EXPECT_EQ(series.at("herd_place_lookups_total{outcome=\"OVER_QUERY_LIMIT\"}"), 1);
  EXPECT_EQ(series.at("herd_link_rows_total{link=\"Wilkes\",direction=\"out\"}"), 20);
  EXPECT_EQ(series.at("herd_link_round_trip_seconds{link=\"Wilkes\"}"), 0.00025);
  EXPECT_EQ(series.at("herd_loop_delay_max_seconds{loop=\"1\"}"), 0.0015);
  EXPECT_EQ(series.at("herd_loop_exceptions_total"), 8);
  EXPECT_EQ(series.at("herd_sessions_http_total"), 9);
  EXPECT_EQ(series.at("herd_link_catch_up_rows_total{link=\"Wilkes\",direction=\"in\"}"), 4);
  EXPECT_EQ(series.at("herd_link_announced_rows_total{link=\"Wilkes\",direction=\"out\"}"), 11);
  EXPECT_EQ(series.at("herd_journal_state{state=\"ok\"}"), 1);
  EXPECT_EQ(series.at("herd_journal_state{state=\"failing\"}"), 0);
  EXPECT_EQ(series.at("herd_journal_loaded_rows{outcome=\"taken\"}"), 30);
  EXPECT_EQ(series.at("herd_journal_max_sync_seconds"), 0.25);
  EXPECT_EQ(series.at("herd_journal_held_back_rows"), 4);
  EXPECT_EQ(series.at("herd_journal_damages_total"), 2);
  EXPECT_EQ(series.at("herd_clock_state{state=\"believed\"}"), 1);
  EXPECT_EQ(series.at("herd_clock_state{state=\"jumped\"}"), 0);
  EXPECT_EQ(series.at("herd_acknowledgements_total{outcome=\"refused\"}"), 3);
}

TEST(Metrics, TellForHowLongTheJournalFails) {
  Status status = FullStatus();
  status.journal = FailingJournal();
  const auto series = Exposition(MetricsText(status)).series();
  EXPECT_EQ(series.at("herd_journal_state{state=\"failing\"}"), 1);
  EXPECT_EQ(series.at("herd_journal_failing_seconds"), 120);
  EXPECT_EQ(series.at("herd_ready"), 0);
}

TEST(Metrics, HistogramsAreCumulative) {
  const auto series = Exposition(MetricsText(FullStatus())).series();
  const std::string name = "herd_place_lookup_duration_seconds";
  EXPECT_EQ(series.at(name + "_bucket{le=\"0.0001\"}"), 0);
  EXPECT_EQ(series.at(name + "_bucket{le=\"0.00025\"}"), 4);
  EXPECT_EQ(series.at(name + "_bucket{le=\"5\"}"), 4);
  EXPECT_EQ(series.at(name + "_bucket{le=\"+Inf\"}"), 6);
  EXPECT_EQ(series.at(name + "_count"), 6);
  EXPECT_EQ(series.at(name + "_sum"), 1.5);
}

TEST(Metrics, LeaveOutWhatTheServerDoesNotHave) {
  Status status = FullStatus();
  status.journal.reset();
  status.durability.reset();
  for (LinkStatus& link : status.links) link.lag_rows.reset();
  const std::string text = MetricsText(status);
  EXPECT_THAT(text, Not(HasSubstr("herd_journal")));
  EXPECT_THAT(text, Not(HasSubstr("herd_acknowledgements")));
  EXPECT_THAT(text, Not(HasSubstr("herd_link_lag_rows")));
}

TEST(Metrics, AreDocumentedEachAndNoOther) {
  const std::string page = Read(kDocs / "metrics.md");
  std::set<std::string> served;
  for (const auto& family : Metrics(FullStatus())) {
    served.insert(family.name);
    EXPECT_THAT(page, HasSubstr(fmt::format("\n| `{}` | {} | {} | {} |\n", family.name,
                                            WordFor(family.type), LabelsOf(family), family.help)));
  }
  EXPECT_EQ(DocumentedNames(), served);
}

TEST(Metrics, AreTheOnesThatDashboardAndAlertsAskFor) {
  const std::set<std::string> documented = DocumentedNames();
  for (const char* file : {"grafana-dashboard.json", "alerts.yml"}) {
    const std::string text = Read(kDocs.parent_path() / "packaging" / file);
    const std::regex name("\\bherd_[a-z_]+");
    int count = 0;
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found) {
      std::string metric = found->str();
      for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
        if (metric.ends_with(suffix) && !documented.contains(metric))
          metric.resize(metric.size() - suffix.size());
      }
      EXPECT_TRUE(documented.contains(metric)) << file << ": " << found->str();
      ++count;
    }
    EXPECT_GT(count, 5) << file;
  }
}

}  // namespace
}  // namespace herd::server
