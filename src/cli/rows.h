#pragma once

#include <cstdint>
#include <expected>
#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/time_text.h"

namespace herd::cli {

// One position of a mover, as a file gives it.
struct Row {
  std::string mover;     // as the file writes it; may be any bytes
  std::string location;  // ISO 6709, of the file's own digits
  std::string time;      // POSIX seconds; empty: the file gives none
  std::uint64_t line = 0;
};

// Rows that cannot be sent, for one reason.
struct LeftOut {
  std::uint64_t count = 0;
  std::uint64_t first_line = 0;
  std::string example;  // what stands there, cut short and shown by wire/shown.h
};

// What a file holds. All of it is kept in memory, about 150 bytes to a row.
struct Rows {
  std::vector<Row> rows;
  std::map<std::string, LeftOut> left_out;  // by the reason

  void LeaveOut(std::string_view reason, std::uint64_t line, std::string_view example);
};

// The bytes that a file starts with: enough to tell its kind, and a CSV file's delimiter.
inline constexpr std::size_t kHeadBytes = 65'536;

struct GpxOptions {
  std::string mover;          // whose track it is
  bool by_track = false;      // each <trk> is a mover by its <name>; `mover` where it has none
  bool keep_untimed = false;  // rows without a time are rows too; else they are left out
};

// Reads GPX 1.0 or 1.1 as it comes. Every track point is a row; waypoints and routes are not, since
// nobody needs to have been there. The error says where the file breaks off or is no GPX.
std::expected<Rows, std::string> ReadGpx(std::istream& in, const GpxOptions& options);

struct CsvOptions {
  // Columns by name or by number from 1; empty: by the usual names.
  std::string id_column;
  std::string lat_column;
  std::string lon_column;
  std::string time_column;
  char delimiter = '\0';  // '\0': detected
  std::string mover;      // not empty: of all rows, in place of a column
  bool keep_untimed = false;
};

struct CsvRows {
  Rows rows;
  std::string columns;  // what was taken for what, for people: "ID: tracker, latitude: Y, …"
};

// Reads CSV by RFC 4180, with a header line unless all columns are given by number and the first
// line holds a position already. The error names the line, or the option that would help.
std::expected<CsvRows, std::string> ReadCsv(std::istream& in, const CsvOptions& options,
                                            const TimeFormat& time_format);

}  // namespace herd::cli
