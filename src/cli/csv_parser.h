#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herd::cli {

// Splits CSV into records by RFC 4180: fields may stand in quotes, and may then hold delimiters,
// line ends and doubled quotes. Lines end with LF or CR LF. A byte order mark is skipped.
class CsvParser {
 public:
  // `in` must outlive the parser. `delimiter` '\0': the one of , ; tab | that the first line has
  // most of.
  CsvParser(std::istream& in, char delimiter);

  // Reads the next record into `fields`; false at the end of the file. Empty lines are no records.
  // The error names the line.
  std::expected<bool, std::string> Next(std::vector<std::string>& fields);

  // The line on which the last record starts, from 1.
  std::uint64_t line() const { return record_line_; }

 private:
  // The next byte, or -1 at the end.
  int Get();
  int Peek();
  bool Fill();
  void EndField(std::vector<std::string>& fields);
  std::expected<void, std::string> ReadQuoted();
  char DetectDelimiter() const;

  std::istream& in_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::string field_;
  std::size_t record_bytes_ = 0;
  char delimiter_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 0;
};

}  // namespace herd::cli
