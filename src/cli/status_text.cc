#include "cli/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/progress.h"
#include "cli/text_table.h"

namespace herd::cli {
namespace {

// Enough of a digest to tell a few servers apart by eye.
constexpr std::size_t kDigestShown = 6;

using Rows = std::vector<std::vector<std::string>>;

std::string Count(double number) {
  return WithThousands(static_cast<std::uint64_t>(std::llround(std::max(0.0, number))));
}

// "12s", "3m05s", "2h07m", "3d04h".
std::string ShortDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d{:02}h", whole / 86'400, whole % 86'400 / 3600);
}

// "-" for what is not known.
std::string Count(const std::optional<std::uint64_t>& number) {
  return number ? WithThousands(*number) : "-";
}

std::string Milliseconds(double ms) {
  return fmt::format("{:.2f} ms", ms);
}

bool JournalFails(const ServerView& view) {
  return view.journal && view.journal->failing();
}

std::string StateOf(const ServerView& view) {
  std::string state = view.ready ? "ready" : "not ready: " + view.reason;
  if (view.ready && JournalFails(view)) state += ", but the journal fails";
  if (!view.clock.empty() && view.clock != "believed") state += ", clock in doubt";
  return state;
}

// The same for `herd top`, which has room for few letters.
std::string StateWord(const ServerView& view) {
  if (JournalFails(view)) return "disk!";
  return view.ready ? "ready" : "wait";
}

std::string JournalState(const JournalView& journal) {
  if (journal.failing()) {
    return fmt::format("{} for {}: {}", journal.state, ShortDuration(journal.failing_s),
                       journal.last_error);
  }
  std::string state = journal.state;
  if (journal.damaged) state += ", was damaged";
  if (!journal.set_aside.empty()) state += " and is set aside as " + journal.set_aside;
  if (journal.rows_held_back > 0) {
    state += fmt::format(", holds {} rows back: the clock is in doubt",
                         WithThousands(journal.rows_held_back));
  }
  return state;
}

std::string LinksOf(const ServerView& view) {
  return fmt::format("{}/{}", view.LinksUp(), view.links.size());
}

std::string RoundTrip(const LinkView& link) {
  return link.round_trip_ms ? Milliseconds(*link.round_trip_ms) : "-";
}

// Why it is not up, or what else is wrong, where there is something to say.
std::string LinkState(const LinkView& link) {
  constexpr double kClockDifference = 1;  // seconds; by default the server warns of that
  std::string state = link.why.empty() ? link.state : link.state + ": " + link.why;
  if (!link.settings_differ.empty())
    state += fmt::format(", differs in {}", fmt::join(link.settings_differ, " "));
  if (link.clock_ahead_s && std::abs(*link.clock_ahead_s) >= kClockDifference)
    state += fmt::format(", clock {:+.1f} s", *link.clock_ahead_s);
  return state;
}

double PerSecond(std::uint64_t before, std::uint64_t now, double seconds) {
  // A server that was started again counts from 0.
  const std::uint64_t difference = now >= before ? now - before : now;
  return seconds > 0 ? static_cast<double>(difference) / seconds : 0;
}

// Cuts a line to `columns` bytes, never within a character of UTF-8.
void Cut(std::string& line, std::size_t columns) {
  if (line.size() <= columns) return;
  std::size_t end = columns;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  line.resize(end);
}

// The view of the same server a moment ago; its own when there is none.
ServerView Before(const Sample& before, std::size_t index, const ServerView& now) {
  if (index >= before.answers.size() || !before.answers[index].view) return now;
  return *before.answers[index].view;
}

LinkView Before(const ServerView& before, const LinkView& now) {
  const auto found = std::ranges::find(before.links, now.neighbour, &LinkView::neighbour);
  return found == before.links.end() ? now : *found;
}

Rows TopServers(const Sample& before, const Sample& now, double seconds) {
  // Few letters: with a million clients it still fits 80 columns.
  Rows rows = {{"SERVER", "STATE", "UP FOR", "CLIENTS", "DIGEST", "LINKS", "LAG", "SESS", "REP/S",
                "ASK/S", "DELAY"}};
  for (std::size_t i = 0; i < now.answers.size(); ++i) {
    const ServerAnswer& answer = now.answers[i];
    if (!answer.view) {
      rows.push_back({answer.label, "unreachable: " + answer.view.error()});
      continue;
    }
    const ServerView& view = *answer.view;
    const ServerView& old = Before(before, i, view);
    rows.push_back({answer.label, StateWord(view), ShortDuration(view.uptime_s),
                    WithThousands(view.clients), view.digest.substr(0, kDigestShown), LinksOf(view),
                    WithThousands(view.LagRows()), WithThousands(view.sessions),
                    Count(PerSecond(old.iamat, view.iamat, seconds)),
                    Count(PerSecond(old.whatsat, view.whatsat, seconds)),
                    fmt::format("{:.1f}", view.delay_max_s * 1000)});
  }
  return rows;
}

Rows TopLinks(const Sample& before, const Sample& now, double seconds) {
  Rows rows = {{"LINK", "FOR", "LAG", "TRIP", "IN/S", "OUT/S", "DUP/S", "STATE"}};
  for (std::size_t i = 0; i < now.answers.size(); ++i) {
    if (!now.answers[i].view) continue;
    const ServerView& view = *now.answers[i].view;
    const ServerView& old = Before(before, i, view);
    for (const LinkView& link : view.links) {
      const LinkView past = Before(old, link);
      rows.push_back(
          {view.name + " > " + link.neighbour, ShortDuration(link.since_s), Count(link.lag_rows),
           RoundTrip(link), Count(PerSecond(past.rows_in, link.rows_in, seconds)),
           Count(PerSecond(past.rows_out, link.rows_out, seconds)),
           Count(PerSecond(past.duplicates, link.duplicates, seconds)), LinkState(link)});
    }
  }
  return rows;
}

std::string Headline(const Sample& before, const Sample& now, double seconds) {
  std::size_t reachable = 0;
  double reports = 0;
  for (std::size_t i = 0; i < now.answers.size(); ++i) {
    if (!now.answers[i].view) continue;
    ++reachable;
    const ServerView& view = *now.answers[i].view;
    reports += PerSecond(Before(before, i, view).iamat, view.iamat, seconds);
  }
  return fmt::format("{} of {} servers answer, {} reports/s. {}", reachable, now.answers.size(),
                     Count(reports), DigestVerdict(now.answers));
}

// A table in which a row of two cells, a server that is unreachable, does not widen its second
// column.
std::vector<std::string> ServerTable(Rows rows, const std::vector<std::size_t>& right,
                                     std::size_t gap) {
  std::map<std::size_t, std::string> notes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() != 2) continue;
    notes[i] = rows[i][1];
    rows[i].pop_back();
  }
  const std::size_t width = [&] {
    std::size_t widest = 0;
    for (const auto& row : rows) widest = std::max(widest, row.front().size());
    return widest;
  }();
  std::vector<std::string> lines = TextTable(rows, right, gap);
  for (const auto& [line, note] : notes) {
    lines[line].resize(width, ' ');
    lines[line].append(gap, ' ').append(note);
  }
  return lines;
}

}  // namespace

std::vector<std::expected<std::string, std::string>> FetchStatus(HttpClient& http,
                                                                 const std::vector<Target>& targets,
                                                                 std::chrono::milliseconds timeout,
                                                                 std::span<const int> wake) {
  std::vector<server::Endpoint> endpoints;
  for (const Target& target : targets) endpoints.push_back(target.endpoint);
  return http.Get(endpoints, "/v1/status", timeout, wake);
}

std::vector<ServerAnswer> ReadStatus(
    const std::vector<Target>& targets,
    const std::vector<std::expected<std::string, std::string>>& texts) {
  std::vector<ServerAnswer> answers;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    answers.push_back({targets[i].label,
                       texts[i] ? ParseServerView(*texts[i]) : std::unexpected(texts[i].error())});
  }
  return answers;
}

std::string DigestVerdict(const std::vector<ServerAnswer>& answers) {
  std::map<std::string, std::vector<std::string>> by_digest;
  std::size_t count = 0;
  for (const ServerAnswer& answer : answers) {
    if (!answer.view) continue;
    by_digest[answer.view->digest].push_back(answer.label);
    ++count;
  }
  if (count == 0) return "No server answered.";
  if (by_digest.size() == 1) {
    return count == 1 ? "One digest, nothing to compare it with."
                      : fmt::format("All {} digests are equal.", count);
  }
  std::string text = "Digests differ: ";
  for (const auto& [digest, labels] : by_digest) {
    text += fmt::format("{}{} {}", text.ends_with(": ") ? "" : "; ", fmt::join(labels, " "),
                        digest.substr(0, kDigestShown));
  }
  return text + ".";
}

std::vector<std::string> StatusLines(const std::vector<ServerAnswer>& answers) {
  Rows servers = {{"SERVER", "UP FOR", "CLIENTS", "DIGEST", "LINKS UP", "LAG", "SESSIONS",
                   "REPORTS/S", "STATE"}};
  Rows links = {{"LINK", "FOR", "LAG", "ROUND TRIP", "ROWS IN", "ROWS OUT", "DUPLICATES", "OLDER",
                 "UNKNOWN", "REPAIRS", "STATE"}};
  Rows journals = {
      {"JOURNAL OF", "LOADED", "WRITTEN", "LAG", "LAST SYNC", "LONGEST", "FAILURES", "STATE"}};
  for (const ServerAnswer& answer : answers) {
    if (!answer.view) {
      servers.push_back({answer.label, "unreachable: " + answer.view.error()});
      continue;
    }
    const ServerView& view = *answer.view;
    servers.push_back({answer.label, ShortDuration(view.uptime_s), WithThousands(view.clients),
                       view.digest, LinksOf(view), WithThousands(view.LagRows()),
                       WithThousands(view.sessions), Count(PerSecond(0, view.iamat, view.uptime_s)),
                       StateOf(view)});
    for (const LinkView& link : view.links) {
      links.push_back({view.name + " > " + link.neighbour, ShortDuration(link.since_s),
                       Count(link.lag_rows), RoundTrip(link), WithThousands(link.rows_in),
                       WithThousands(link.rows_out), WithThousands(link.duplicates),
                       WithThousands(link.older), WithThousands(link.unknown_messages),
                       WithThousands(link.repairs), LinkState(link)});
    }
    if (const auto& journal = view.journal) {
      journals.push_back({view.name, WithThousands(journal->rows_loaded),
                          WithThousands(journal->rows_written), WithThousands(journal->lag_rows),
                          Milliseconds(journal->sync_last_s * 1000),
                          Milliseconds(journal->sync_max_s * 1000),
                          WithThousands(journal->failures), JournalState(*journal)});
    }
  }
  std::vector<std::string> lines = ServerTable(std::move(servers), {1, 2, 4, 5, 6, 7}, 2);
  lines.insert(lines.end(), {"", DigestVerdict(answers)});
  if (links.size() > 1) {
    lines.emplace_back();
    std::ranges::move(TextTable(links, {1, 2, 3, 4, 5, 6, 7, 8, 9}), std::back_inserter(lines));
  }
  if (journals.size() > 1) {
    lines.emplace_back();
    std::ranges::move(TextTable(journals, {1, 2, 3, 4, 5, 6}), std::back_inserter(lines));
  }
  return lines;
}

std::vector<std::string> TopLines(const Sample& before, const Sample& now, std::size_t columns,
                                  std::size_t rows) {
  const double seconds = std::chrono::duration<double>(now.time - before.time).count();
  std::vector<std::string> lines = {Headline(before, now, seconds), ""};
  std::ranges::move(ServerTable(TopServers(before, now, seconds), {2, 3, 5, 6, 7, 8, 9, 10}, 1),
                    std::back_inserter(lines));
  const Rows links = TopLinks(before, now, seconds);
  if (links.size() > 1) {
    lines.emplace_back();
    std::ranges::move(TextTable(links, {1, 2, 3, 4, 5, 6}, 1), std::back_inserter(lines));
  }
  if (lines.size() > rows) lines.resize(rows);
  for (std::string& line : lines) Cut(line, columns);
  return lines;
}

}  // namespace herd::cli
