#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_bytes.h"
#include "places/columns.h"
#include "places/csv.h"
#include "places/importer.h"
#include "places/text.h"
#include "places/types.h"

namespace herd::places {
namespace {

// Which field of a row means what.
struct Columns {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::size_t count = 0;
  std::array<std::size_t, 6> of{kNone, kNone, kNone, kNone, kNone, kNone};

  bool Has(Meaning meaning) const { return of[static_cast<std::size_t>(meaning)] != kNone; }
  bool IsPlaces() const {
    return Has(Meaning::kName) && Has(Meaning::kLatitude) && Has(Meaning::kLongitude);
  }
  std::string_view Get(const std::vector<std::string>& row, Meaning meaning) const {
    return Has(meaning) ? std::string_view(row[of[static_cast<std::size_t>(meaning)]])
                        : std::string_view();
  }
};

Columns ColumnsOf(const std::vector<std::string>& header) {
  Columns columns{.count = header.size()};
  for (std::size_t i = 0; i < header.size(); ++i) {
    const Meaning meaning = MeaningOf(header[i]);
    // The first of several that mean the same counts.
    if (meaning != Meaning::kOther && !columns.Has(meaning)) {
      columns.of[static_cast<std::size_t>(meaning)] = i;
    }
  }
  return columns;
}

struct Table {
  char delimiter;
  Columns columns;
};

// The delimiter is the one with which the first line names what a place needs.
std::optional<Table> TableOf(std::string_view text) {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    CsvReader reader(text, delimiter);
    std::vector<std::string> header;
    if (!reader.Next(header).value_or(false)) continue;
    const Columns columns = ColumnsOf(header);
    if (columns.IsPlaces()) return Table{delimiter, columns};
  }
  return std::nullopt;
}

// Degrees in decimal, not-a-number for anything else. Where the comma does not separate fields, it
// may be the decimal point.
double Degrees(std::string_view text, char delimiter) {
  std::string number(Trimmed(text));
  if (number.starts_with('+')) number.erase(0, 1);
  if (delimiter != ',') std::ranges::replace(number, ',', '.');
  double degrees = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), degrees);
  const bool whole = error == std::errc{} && end == number.data() + number.size();
  return whole ? degrees : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Imported ImportCsv(const std::filesystem::path& file, PlaceSink& sink,
                   const FileProgress& progress) {
  const std::expected<base::FileBytes, std::string> bytes = base::FileBytes::Read(file);
  if (!bytes) return std::unexpected(bytes.error());
  const std::string_view text = bytes->Bytes();
  const std::optional<Table> table = TableOf(text);
  if (!table) {
    return std::unexpected(
        file.string() +
        ":1: the first line must name the columns, among them a name (name, title, "
        "label), a latitude (lat, latitude, y) and a longitude (lon, lng, longitude, x)");
  }
  CsvReader reader(text, table->delimiter);
  Pacer pacer(progress);
  std::vector<std::string> row;
  bool is_header = true;
  while (true) {
    const std::expected<bool, std::string> read = reader.Next(row);
    if (!read)
      return std::unexpected(fmt::format("{}:{}: {}", file.string(), reader.Line(), read.error()));
    if (!*read) return {};
    if (std::exchange(is_header, false)) continue;
    const Columns& columns = table->columns;
    if (row.size() != columns.count) {
      return std::unexpected(fmt::format("{}:{}: has {} fields, the first line has {}",
                                         file.string(), reader.Line(), row.size(), columns.count));
    }
    TypeList types;
    types.Add(columns.Get(row, Meaning::kType));
    types.Add("point_of_interest");
    sink.Add({.name = columns.Get(row, Meaning::kName),
              .lat_deg = Degrees(columns.Get(row, Meaning::kLatitude), table->delimiter),
              .lng_deg = Degrees(columns.Get(row, Meaning::kLongitude), table->delimiter),
              .id = columns.Get(row, Meaning::kId),
              .vicinity = columns.Get(row, Meaning::kVicinity),
              .types = types.text()});
    pacer.Step(
        [&] { return static_cast<double>(reader.Offset()) / static_cast<double>(text.size()); });
  }
}

}  // namespace herd::places
