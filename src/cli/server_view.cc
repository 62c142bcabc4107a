#include "cli/server_view.h"

#include <simdjson.h>

#include <algorithm>

#include "wire/shown.h"

namespace herd::cli {
namespace {

using Object = simdjson::dom::element;

// A member, or what a missing one counts as.
template <typename T>
T Get(const Object& object, std::string_view key, T fallback = {}) {
  T value;
  if constexpr (std::is_same_v<T, std::string>) {
    std::string_view text;
    if (object[key].get(text) != simdjson::SUCCESS) return fallback;
    return wire::ShownAgain(text);
  } else {
    if (object[key].get(value) != simdjson::SUCCESS) return fallback;
    return value;
  }
}

template <typename T>
std::optional<T> Find(const Object& object, std::string_view key) {
  T value{};
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::vector<std::string> TextsOf(const Object& object, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return texts;
  for (const Object& element : array) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return texts;
}

LinkView LinkOf(const Object& json) {
  return {.neighbour = Get<std::string>(json, "neighbour"),
          .state = Get<std::string>(json, "state"),
          .why = Get<std::string>(json, "why"),
          .since_s = Get<double>(json, "since_s"),
          .lag_rows = Find<std::uint64_t>(json, "lag_rows"),
          .round_trip_ms = Find<double>(json, "round_trip_ms"),
          .rows_in = Get<std::uint64_t>(json, "rows_in"),
          .rows_out = Get<std::uint64_t>(json, "rows_out"),
          .bytes_in = Get<std::uint64_t>(json, "bytes_in"),
          .bytes_out = Get<std::uint64_t>(json, "bytes_out"),
          .duplicates = Get<std::uint64_t>(json, "duplicates"),
          .older = Get<std::uint64_t>(json, "older"),
          .unknown_messages = Get<std::uint64_t>(json, "unknown_messages"),
          .repairs = Get<std::uint64_t>(json, "repairs"),
          .clock_ahead_s = Find<double>(json, "clock_ahead_s"),
          .settings_differ = TextsOf(json, "settings_differ")};
}

JournalView JournalOf(const Object& json) {
  return {.state = Get<std::string>(json, "state"),
          .last_error = Get<std::string>(json, "last_error"),
          .failing_s = Get<double>(json, "failing_s"),
          .failures = Get<std::uint64_t>(json, "failures"),
          .rows_loaded = Get<std::uint64_t>(json, "rows_loaded"),
          .rows_held_back = Get<std::uint64_t>(json, "rows_held_back"),
          .damaged = Get<bool>(json, "damaged"),
          .set_aside = Get<std::string>(json, "set_aside"),
          .rows_written = Get<std::uint64_t>(json, "rows_written"),
          .lag_rows = Get<std::uint64_t>(json, "lag_rows"),
          .sync_last_s = Get<double>(json, "sync_last_s"),
          .sync_max_s = Get<double>(json, "sync_max_s")};
}

// Calls `take` with each element of an array; with none when there is no such array.
template <typename Take>
void ForEach(const Object& object, std::string_view key, Take&& take) {
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return;
  for (const Object& element : array) take(element);
}

}  // namespace

std::size_t ServerView::LinksUp() const {
  return static_cast<std::size_t>(std::ranges::count_if(links, &LinkView::up));
}

std::uint64_t ServerView::LagRows() const {
  std::uint64_t lag = 0;
  for (const LinkView& link : links) lag = std::max(lag, link.lag_rows.value_or(0));
  return lag;
}

std::expected<ServerView, std::string> ParseServerView(std::string_view json) {
  simdjson::dom::parser parser;
  Object root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root))
    return std::unexpected(std::string("its answer is no JSON: ") + simdjson::error_message(error));
  if (!root.is_object() || Get<std::string>(root, "digest").empty())
    return std::unexpected("its answer is not the status of a server of a herd");
  ServerView view{.name = Get<std::string>(root, "name"),
                  .ready = Get<bool>(root, "ready"),
                  .reason = Get<std::string>(root, "reason"),
                  .uptime_s = Get<double>(root, "uptime_s"),
                  .clients = Get<std::uint64_t>(root, "clients"),
                  .digest = Get<std::string>(root, "digest")};
  if (const auto sessions = Find<Object>(root, "sessions"))
    view.sessions = Get<std::uint64_t>(*sessions, "now");
  if (const auto commands = Find<Object>(root, "commands")) {
    view.iamat = Get<std::uint64_t>(*commands, "iamat");
    view.whatsat = Get<std::uint64_t>(*commands, "whatsat");
  }
  if (const auto clock = Find<Object>(root, "clock"))
    view.clock = Get<std::string>(*clock, "state");
  if (const auto journal = Find<Object>(root, "journal")) view.journal = JournalOf(*journal);
  ForEach(root, "loops", [&](const Object& loop) {
    view.delay_max_s = std::max(view.delay_max_s, Get<double>(loop, "delay_max_s"));
  });
  ForEach(root, "links", [&](const Object& link) { view.links.push_back(LinkOf(link)); });
  return view;
}

}  // namespace herd::cli
