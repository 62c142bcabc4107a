#include "cli/replay_options.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/target.h"

namespace herd::cli {
namespace {

constexpr const char* kFooter =
    "Rows are read before any is sent. GPX: every track point of a track is a row. CSV: the first "
    "line\n"
    "names the columns; the usual names are known. Locations are sent in the file's own digits.\n"
    "\n"
    "A time is POSIX seconds or ISO 8601 unless --time-format says posix, posix-ms, iso, or a "
    "pattern:\n"
    "%Y %y year, %m %b %B month, %d %e day, %j day of the year, %H %I %p hour, %M minute, %S "
    "second with\n"
    "decimals, %f decimals, %z %Z zone, %T %R %F %D as in date(1), %n white space, %% itself.\n"
    "\n"
    "Rows without a time are left out, or with --untimed now sent with the time of sending. White "
    "space\n"
    "in an ID is sent as _. A lost connection is made again and what was not answered is sent "
    "again; a\n"
    "server that stays away is given up. Exits with 1 when a row was refused or not answered, or\n"
    "--verify finds a difference.\n"
    "\n"
    "Examples:\n"
    "  herd replay walk.gpx --by-track --speed 60\n"
    "  herd replay ais.csv --time-format '%d/%m/%Y %H:%M' --verify";

void AddColumnOptions(CLI::App& command, ReplayOptions& options) {
  const char* group = "CSV";
  const auto column = [&](const char* name, std::string& value, const char* what) {
    command
        .add_option(name, value, fmt::format("Column of the {}: a name or a number from 1", what))
        ->type_name("COLUMN")
        ->group(group);
  };
  column("--id-column", options.csv.id_column, "mover's ID");
  column("--lat-column", options.csv.lat_column, "latitude");
  column("--lon-column", options.csv.lon_column, "longitude");
  column("--time-column", options.csv.time_column, "time");
  command
      .add_option("--delimiter", options.delimiter, "One character, or \"tab\"; default: detected")
      ->type_name("CHARACTER")
      ->group(group);
  command.add_option("--time-format", options.time_format, "How times are written; see below")
      ->type_name("FORMAT")
      ->group(group);
  command
      .add_option("--time-zone", options.time_zone,
                  "Zone of times that name none, as in +02:00; default: UTC")
      ->type_name("ZONE")
      ->group(group);
}

// The bytes that tell XML: '<', after a byte order mark and white space; or UTF-16.
bool IsXml(std::istream& in) {
  std::string head(512, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  in.clear();
  in.seekg(0);
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) return true;
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  return first != std::string::npos && head[first] == '<';
}

std::expected<char, std::string> ReadDelimiter(const std::string& text) {
  if (text.empty()) return '\0';
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && text != "\"" && text != "\n" && text != "\r") return text.front();
  return std::unexpected(
      fmt::format("--delimiter: \"{}\" is not allowed; allowed: one character, or tab", text));
}

std::expected<TimeFormat, std::string> ReadTimeFormat(const ReplayOptions& options) {
  std::string_view zone_text = options.time_zone;
  const auto zone = TakeZone(zone_text);
  if (!zone || !zone_text.empty()) {
    return std::unexpected(fmt::format(
        "--time-zone: \"{}\" is no zone; allowed: UTC, or as in +02:00", options.time_zone));
  }
  auto format = TimeFormat::Make(options.time_format, *zone);
  if (!format) return std::unexpected("--time-format: " + format.error());
  return format;
}

std::expected<Input, std::string> ReadGpxInput(std::istream& in, const ReplayOptions& options) {
  const std::string stem =
      options.file == "-" ? "stdin" : std::filesystem::path(options.file).stem();
  auto rows = ReadGpx(in, {.mover = options.id.empty() ? stem : options.id,
                           .by_track = options.by_track,
                           .keep_untimed = options.untimed == "now"});
  if (!rows) return std::unexpected(rows.error());
  return Input{*std::move(rows), {}};
}

std::expected<Input, std::string> ReadCsvInput(std::istream& in, const ReplayOptions& options) {
  CsvOptions csv = options.csv;
  csv.mover = options.id;
  csv.keep_untimed = options.untimed == "now";
  const auto delimiter = ReadDelimiter(options.delimiter);
  if (!delimiter) return std::unexpected(delimiter.error());
  csv.delimiter = *delimiter;
  const auto time_format = ReadTimeFormat(options);
  if (!time_format) return std::unexpected(time_format.error());
  auto rows = ReadCsv(in, csv, *time_format);
  if (!rows) return std::unexpected(rows.error());
  return Input{std::move(rows->rows), std::move(rows->columns)};
}

}  // namespace

void AddReplayOptions(CLI::App& command, ReplayOptions& options) {
  command.add_option("file", options.file, "GPX 1.0 or 1.1, or CSV; - is standard input")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--server", options.server,
                  "Server to send to: a name of the configuration, or HOST:PORT; may stand several "
                  "times; default: all servers of the configuration in turn")
      ->type_name(std::string(kServerTypeName))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // what stands behind its value is not one, too
  command
      .add_option("--speed", options.speed,
                  "1: as the rows' times are apart; 60: sixty times faster; max: as fast as the "
                  "servers answer (default)")
      ->type_name("FACTOR");
  command
      .add_option("--id", options.id,
                  "ID of the mover of all rows; default for GPX: the file's name")
      ->type_name("ID");
  command.add_flag("--by-track", options.by_track, "GPX: each track is a mover, by its name");
  command.add_option("--untimed", options.untimed, "Rows without a time: skip (default), or now")
      ->check(CLI::IsMember({"skip", "now"}));
  command.add_option("--window", options.window, "Rows of one connection in flight; default: 64")
      ->type_name("ROWS")
      ->check(CLI::Range(1, 65'536));
  command.add_option("--timeout", options.timeout_s, "Seconds to wait for an answer; default: 5")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.001, 3600.0));
  command.add_flag(
      "--verify", options.verify,
      "Afterwards ask every server for every mover, and compare with the row that should win");
  command
      .add_option("--verify-timeout", options.verify_timeout_s,
                  "Seconds in which all servers have to agree; default: 10")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0));
  command.add_flag("--json", options.json, "Print the summary as JSON");
  AddColumnOptions(command, options);
  command.footer(kFooter);
}

std::expected<std::optional<double>, std::string> ReadSpeed(const std::string& text) {
  if (text == "max") return std::nullopt;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(speed) ||
      speed <= 0) {
    return std::unexpected(
        fmt::format("--speed: \"{}\" is not allowed; allowed: a number over 0, or max", text));
  }
  return speed;
}

std::expected<Input, std::string> ReadInput(const ReplayOptions& options) {
  std::ifstream file;
  std::stringstream piped;
  std::istream* in = &file;
  if (options.file == "-") {
    piped << std::cin.rdbuf();
    in = &piped;
  } else {
    errno = 0;
    file.open(options.file, std::ios::binary);
    const bool readable = file && file.peek() != std::ifstream::traits_type::eof();
    if (!readable) {
      return std::unexpected(fmt::format("{}: {}", options.file,
                                         errno == 0 ? "the file is empty" : std::strerror(errno)));
    }
  }
  auto input = IsXml(*in) ? ReadGpxInput(*in, options) : ReadCsvInput(*in, options);
  if (!input) return std::unexpected(fmt::format("{}: {}", options.file, input.error()));
  return input;
}

}  // namespace herd::cli
