#include "journal/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "journal/load_row.h"

namespace herd::journal {
namespace {

// So many bad rows are shown in the log, and so much of each.
constexpr std::size_t kBadRowsShown = 3;
constexpr std::size_t kBadBytesShown = 200;

// What one thread found.
struct Part {
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;
  std::uint64_t expired = 0;
  std::optional<wire::UnixNanos> newest;
  std::vector<std::string> bad_rows;
  std::expected<RocksStore::ReadEnd, std::string> end = RocksStore::ReadEnd::kAll;
};

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kBadBytesShown));
  std::ranges::replace_if(out, [](unsigned char c) { return std::isprint(c) == 0; }, '?');
  return out;
}

void TakeRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet, Part& part) {
  const LoadedRow loaded = LoadRow(client, at_line, fleet);
  if (loaded.receipt) part.newest = std::max(part.newest, loaded.receipt);
  switch (loaded.outcome) {
    case RowLoaded::kKept:
      ++part.rows;
      break;
    case RowLoaded::kExpired:
      ++part.expired;
      break;
    case RowLoaded::kBad:
      ++part.bad;
      if (part.bad_rows.size() < kBadRowsShown)
        part.bad_rows.push_back(fmt::format("{}: {}", Printable(client), Printable(at_line)));
  }
}

std::vector<Part> LoadParts(const RocksStore& store, fleet::Fleet& fleet, std::size_t threads) {
  const std::vector<RocksStore::KeyRange> ranges = store.Divide(threads);
  std::vector<Part> parts(ranges.size());
  const auto load = [&](std::size_t i) {
    parts[i].end = store.Read(ranges[i], [&](std::string_view client, std::string_view at_line) {
      TakeRow(client, at_line, fleet, parts[i]);
    });
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < ranges.size(); ++i) others.emplace_back(load, i);
    load(0);
  }
  return parts;
}

}  // namespace

std::expected<Loaded, std::string> Load(const RocksStore& store, fleet::Fleet& fleet,
                                        std::size_t threads, const Say& say) {
  Loaded loaded;
  for (const Part& part : LoadParts(store, fleet, threads)) {
    if (!part.end) return std::unexpected(part.end.error());
    loaded.damaged |= *part.end == RocksStore::ReadEnd::kDamaged;
    loaded.rows += part.rows;
    loaded.bad += part.bad;
    loaded.expired += part.expired;
    loaded.newest = std::max(loaded.newest, part.newest);
    for (const std::string& row : part.bad_rows) {
      say(Gravity::kWarning, "a row of the journal is no AT line of its client: " + row);
    }
  }
  return loaded;
}

}  // namespace herd::journal
