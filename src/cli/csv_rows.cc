#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "cli/csv_parser.h"
#include "cli/degrees.h"
#include "cli/rows.h"
#include "server/nearest_name.h"
#include "wire/ascii.h"
#include "wire/shown.h"

namespace herd::cli {
namespace {

using Names = std::vector<std::string_view>;

// The usual names of columns, the most telling first: where a file has a tracker and an id, the id
// counts rows (GeoLife); "location-lat" and "individual-local-identifier" are Movebank's.
const Names kIdNames = {"mover",     "tracker",   "mmsi",       "individual-local-identifier",
                        "client",    "client_id", "device",     "device_id",
                        "deviceid",  "vehicle",   "vehicle_id", "vessel",
                        "vessel_id", "ship",      "ship_id",    "user",
                        "user_id",   "track_id",  "name",       "id",
                        "uid"};
const Names kLatNames = {"latitude", "lat", "location-lat", "lat_deg", "latitude_deg", "y"};
const Names kLonNames = {"longitude",     "lon",     "lng",           "long",
                         "location-long", "lon_deg", "longitude_deg", "x"};
const Names kTimeNames = {"time",     "timestamp", "datetime", "date_time", "date time",
                          "time_utc", "utc",       "when",     "t"};

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    if (wire::IsSpace(c) && lower.empty()) continue;
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  while (!lower.empty() && wire::IsSpace(lower.back())) lower.pop_back();
  return lower;
}

// A column by its number from 1; nothing when `text` is no number.
std::optional<std::size_t> ByNumber(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number - 1;
}

std::string Joined(std::span<const std::string> names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

// Finds columns in one file's header.
class Header {
 public:
  explicit Header(std::vector<std::string> names) : names_(std::move(names)) {
    for (std::string& name : names_) {
      lower_.push_back(Lower(name));
      name = wire::Shown(name);  // they are for people only
    }
  }

  // `given` is the option's value, `option` its name; without it the usual names are looked for,
  // and then, for `ending`, the only column whose name ends so.
  std::expected<std::size_t, std::string> Find(std::string_view given, std::string_view option,
                                               const Names& usual,
                                               std::string_view ending = {}) const {
    if (!given.empty()) return FindGiven(given, option);
    for (const std::string_view name : usual) {
      const auto count = std::ranges::count(lower_, name);
      if (count > 1) {
        return std::unexpected(fmt::format(
            "the column \"{}\" stands {} times; say by number which with {}", name, count, option));
      }
      if (count == 1) return Index(name);
    }
    const auto ends = [&](const std::string& name) { return name.ends_with(ending); };
    if (!ending.empty() && std::ranges::count_if(lower_, ends) == 1) {
      return static_cast<std::size_t>(std::ranges::find_if(lower_, ends) - lower_.begin());
    }
    return std::unexpected(fmt::format(
        "no column has a usual name; say which with {} (there are: {})", option, Joined(names_)));
  }

  std::string Name(std::size_t column) const {
    return column < names_.size() ? names_[column] : std::to_string(column + 1);
  }

 private:
  std::size_t Index(std::string_view lower) const {
    return static_cast<std::size_t>(std::ranges::find(lower_, lower) - lower_.begin());
  }

  std::expected<std::size_t, std::string> FindGiven(std::string_view given,
                                                    std::string_view option) const {
    const std::string name = Lower(given);
    const auto count = std::ranges::count(lower_, name);
    if (count == 1) return Index(name);
    if (count > 1) {
      return std::unexpected(fmt::format("{}: the column \"{}\" stands {} times; give its number",
                                         option, given, count));
    }
    if (const auto number = ByNumber(given)) {
      if (*number < names_.size()) return *number;
      return std::unexpected(
          fmt::format("{}: there is no column {}; there are {}", option, given, names_.size()));
    }
    const auto nearest = server::NearestName(given, names_);
    return std::unexpected(fmt::format(
        "{}: there is no column \"{}\"{} (there are: {})", option, given,
        nearest ? fmt::format(", did you mean \"{}\"?", *nearest) : "", Joined(names_)));
  }

  std::vector<std::string> names_;
  std::vector<std::string> lower_;
};

struct Columns {
  std::optional<std::size_t> id;  // nothing: CsvOptions::mover
  std::size_t lat = 0;
  std::size_t lon = 0;
  std::optional<std::size_t> time;  // nothing: the rows have none
};

std::expected<Columns, std::string> FindColumns(const Header& header, const CsvOptions& options) {
  Columns columns;
  const auto lat = header.Find(options.lat_column, "--lat-column", kLatNames);
  if (!lat) return std::unexpected("latitude: " + lat.error());
  columns.lat = *lat;
  const auto lon = header.Find(options.lon_column, "--lon-column", kLonNames);
  if (!lon) return std::unexpected("longitude: " + lon.error());
  columns.lon = *lon;
  const auto time = header.Find(options.time_column, "--time-column", kTimeNames, "timestamp");
  if (time) {
    columns.time = *time;
  } else if (!options.keep_untimed || !options.time_column.empty()) {
    return std::unexpected("time: " + time.error() + ", or give --untimed now");
  }
  if (!options.mover.empty()) return columns;
  const auto id = header.Find(options.id_column, "--id-column", kIdNames);
  if (!id) return std::unexpected("ID: " + id.error() + ", or give --id for all rows");
  columns.id = *id;
  return columns;
}

std::string Describe(const Columns& columns, const Header& header, const CsvOptions& options) {
  return fmt::format("ID: {}, latitude: {}, longitude: {}, time: {}",
                     columns.id ? header.Name(*columns.id) : options.mover + " (--id)",
                     header.Name(columns.lat), header.Name(columns.lon),
                     columns.time ? header.Name(*columns.time) : "none");
}

// Turns records into rows.
class RowReader {
 public:
  RowReader(Columns columns, const CsvOptions& options, const TimeFormat& time_format)
      : columns_(columns), options_(options), time_format_(time_format) {}

  // The error ends the reading: the whole file is to be read in another way.
  std::expected<void, std::string> Add(std::vector<std::string>& fields, std::uint64_t line) {
    const std::size_t needed =
        std::max({columns_.id.value_or(0), columns_.lat, columns_.lon, columns_.time.value_or(0)});
    if (fields.size() <= needed) {
      rows_.LeaveOut("too few fields", line, Joined(fields));
      return {};
    }
    Row row{.mover = {}, .location = {}, .time = {}, .line = line};
    auto location = LocationText(fields[columns_.lat], fields[columns_.lon]);
    if (!location) {
      const bool latitude = location.error() == DegreesFault::kLatitude;
      rows_.LeaveOut(latitude ? "no latitude in degrees" : "no longitude in degrees", line,
                     fields[latitude ? columns_.lat : columns_.lon]);
      return {};
    }
    row.location = *std::move(location);
    if (columns_.time) {
      const auto readable = ReadTime(fields[*columns_.time], row);
      if (!readable) return std::unexpected(readable.error());
      if (!*readable) return {};
    }
    row.mover = columns_.id ? fields[*columns_.id] : options_.mover;
    rows_.rows.push_back(std::move(row));
    return {};
  }

  Rows Take() { return std::move(rows_); }

 private:
  // False: the row is left out.
  std::expected<bool, std::string> ReadTime(const std::string& text, Row& row) {
    if (std::ranges::all_of(text, wire::IsSpace)) {
      if (!options_.keep_untimed) rows_.LeaveOut("no time", row.line, text);
      return options_.keep_untimed;
    }
    auto time = time_format_.Read(text);
    if (time) {
      row.time = *std::move(time);
      return true;
    }
    switch (time.error()) {
      case TimeFault::kAmbiguous:
        return std::unexpected(fmt::format(
            "line {}: in \"{}\" day and month cannot be told apart; say how it is written, for "
            "instance with --time-format \"%d/%m/%Y %H:%M\"",
            row.line, text));
      case TimeFault::kOutOfRange:
        rows_.LeaveOut(
            "a time outside the years 1678 to 2261 (milliseconds? --time-format posix-ms)",
            row.line, text);
        return false;
      case TimeFault::kUnreadable:
        break;
    }
    rows_.LeaveOut("a time that cannot be read (--time-format says how it is written)", row.line,
                   text);
    return false;
  }

  Columns columns_;
  const CsvOptions& options_;
  const TimeFormat& time_format_;
  Rows rows_;
};

// All columns are given by number, and the record holds a position where they point.
bool IsDataAlready(const std::vector<std::string>& record, const CsvOptions& options) {
  const auto lat = ByNumber(options.lat_column);
  const auto lon = ByNumber(options.lon_column);
  if (!lat || !lon || *lat >= record.size() || *lon >= record.size()) return false;
  if (!options.time_column.empty() && !ByNumber(options.time_column)) return false;
  if (!options.id_column.empty() && !ByNumber(options.id_column)) return false;
  return LocationText(record[*lat], record[*lon]).has_value();
}

}  // namespace

std::expected<CsvRows, std::string> ReadCsv(std::istream& in, const CsvOptions& options,
                                            const TimeFormat& time_format) {
  CsvParser parser(in, options.delimiter);
  std::vector<std::string> fields;
  const auto first = parser.Next(fields);
  if (!first) return std::unexpected(first.error());
  if (!*first) return std::unexpected("the file is empty");
  const bool data_already = IsDataAlready(fields, options);
  std::vector<std::string> names = fields;
  if (data_already) {
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i + 1);
  }
  const Header header(std::move(names));
  const auto columns = FindColumns(header, options);
  if (!columns) return std::unexpected(columns.error());
  RowReader reader(*columns, options, time_format);
  bool have_record = data_already;
  while (true) {
    if (have_record) {
      if (const auto added = reader.Add(fields, parser.line()); !added) {
        return std::unexpected(added.error());
      }
    }
    const auto next = parser.Next(fields);
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    have_record = true;
  }
  return CsvRows{reader.Take(), Describe(*columns, header, options)};
}

}  // namespace herd::cli
