#include "cli/replay_report.h"

#include <fmt/format.h>

#include "cli/progress.h"
#include "places/json.h"

namespace herd::cli {
namespace {

std::string Json(std::string_view text) {
  std::string out;
  places::AppendJsonString(out, text);
  return out;
}

std::uint64_t LeftOutRows(const ReplayReport& report) {
  std::uint64_t count = 0;
  for (const auto& [reason, left] : report.left_out) count += left.count;
  return count;
}

double Rate(const ReplayReport& report) {
  const double seconds = report.result.elapsed.count();
  const auto replies = static_cast<double>(report.result.answered + report.result.refused);
  return seconds > 0 ? replies / seconds : 0;
}

void Add(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("{:<11} {}\n", name, value);
}

std::string Verified(const ReplayReport& report, const Verification& verification) {
  const std::uint64_t movers = verification.winning + verification.newer + verification.wrong;
  const std::string took = HumanDuration(verification.elapsed);
  if (verification.wrong > 0) {
    return fmt::format(
        "{} of {} movers are not the same and the winner on all {} servers, after {}",
        WithThousands(verification.wrong), WithThousands(movers), report.servers_asked, took);
  }
  std::string text = fmt::format("{} movers, the same AT on {} servers, each the winner ({})",
                                 WithThousands(movers), report.servers_asked, took);
  if (verification.newer > 0) {
    text += fmt::format("; for {} of them the winner is a report that this replay did not make",
                        WithThousands(verification.newer));
  }
  return text;
}

std::string JsonOf(const Verification& verification, std::size_t servers) {
  std::vector<std::string> differences;
  for (const std::string& difference : verification.differences) {
    differences.push_back(Json(difference));
  }
  return fmt::format(
      R"({{"servers":{},"winning":{},"newer":{},"wrong":{},"seconds":{:.3f},"differences":[{}]}})",
      servers, verification.winning, verification.newer, verification.wrong,
      verification.elapsed.count(), fmt::join(differences, ","));
}

}  // namespace

std::string ReportText(const ReplayReport& report) {
  const ReplayResult& result = report.result;
  std::string out;
  std::vector<std::string> names;
  for (const Target& target : report.targets) names.push_back(target.label);
  Add(out, "file", report.file);
  if (!report.columns.empty()) Add(out, "columns", report.columns);
  Add(out, "servers",
      fmt::format("{}{}", fmt::join(names, ", "), names.size() > 1 ? ", in turn" : ""));
  Add(out, "movers", WithThousands(report.movers));
  if (report.renamed > 0) {
    Add(out, "renamed",
        fmt::format("{} movers: white space in their IDs was sent as _", report.renamed));
  }
  Add(out, "sent", WithThousands(result.sent) + " rows");
  Add(out, "answered", WithThousands(result.answered));
  Add(out, "refused",
      WithThousands(result.refused) +
          (result.refused > 0 ? ", first: " + result.refused_example : ""));
  if (result.unanswered > 0) Add(out, "unanswered", WithThousands(result.unanswered));
  if (result.reconnects > 0) {
    Add(out, "resent",
        fmt::format("{} rows, after {} lost connections", WithThousands(result.resent),
                    result.reconnects));
  }
  Add(out, "left out", WithThousands(LeftOutRows(report)));
  for (const auto& [reason, left] : report.left_out) {
    out += fmt::format("  {:>9} {} (first: line {}, \"{}\")\n", WithThousands(left.count), reason,
                       left.first_line, left.example);
  }
  Add(out, "rate", fmt::format("{:.0f} rows/s, {}", Rate(report), HumanDuration(result.elapsed)));
  for (std::size_t i = 0; i < report.targets.size(); ++i) {
    if (result.lanes[i].error.empty()) continue;
    Add(out, "given up", report.targets[i].label + ": " + result.lanes[i].error);
  }
  if (report.verification) {
    Add(out, "verified", Verified(report, *report.verification));
    for (const std::string& difference : report.verification->differences) out += difference + "\n";
  }
  return out;
}

std::string ReportJson(const ReplayReport& report) {
  const ReplayResult& result = report.result;
  std::vector<std::string> servers;
  for (std::size_t i = 0; i < report.targets.size(); ++i) {
    const LaneOutcome& lane = result.lanes[i];
    servers.push_back(fmt::format(R"({{"server":{},"sent":{},"answered":{},"error":{}}})",
                                  Json(report.targets[i].label), lane.sent, lane.answered,
                                  lane.error.empty() ? "null" : Json(lane.error)));
  }
  std::vector<std::string> left_out;
  for (const auto& [reason, left] : report.left_out) {
    left_out.push_back(fmt::format(R"({{"reason":{},"rows":{},"first_line":{},"example":{}}})",
                                   Json(reason), left.count, left.first_line, Json(left.example)));
  }
  std::string out = fmt::format(
      R"({{"file":{},"columns":{},"movers":{},"renamed":{},"sent":{},"answered":{},"refused":{},"unanswered":{},)"
      R"("resent":{},"reconnects":{},"left_out":{},"left_out_reasons":[{}],"seconds":{:.3f},)"
      R"("rows_per_second":{:.0f},"servers":[{}],"verification":)",
      Json(report.file), report.columns.empty() ? "null" : Json(report.columns), report.movers,
      report.renamed, result.sent, result.answered, result.refused, result.unanswered,
      result.resent, result.reconnects, LeftOutRows(report), fmt::join(left_out, ","),
      result.elapsed.count(), Rate(report), fmt::join(servers, ","));
  out += report.verification ? JsonOf(*report.verification, report.servers_asked) : "null";
  return out + "}\n";
}

}  // namespace herd::cli
