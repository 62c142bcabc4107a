#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace herd::places {

// Reads the rows of a text with separated fields, quoted as RFC 4180 has it: a field in quotes may
// hold the delimiter, line ends and doubled quotes. Rows end with LF, CR LF or CR; empty lines are
// skipped; a byte order mark at the start is too. `text` outlives the reader.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter);

  // Puts the next row's fields into `fields`; false at the end. The error says what is wrong in the
  // row that began at Line().
  std::expected<bool, std::string> Next(std::vector<std::string>& fields);

  // The line on which the last row began, from 1.
  std::size_t Line() const { return row_line_; }

  // How many bytes are read.
  std::size_t Offset() const { return at_; }

 private:
  // Reads one field; true when another follows in the same row.
  std::expected<bool, std::string> Field(std::string& field);
  std::expected<void, std::string> QuotedField(std::string& field);
  bool AtEnd() const { return at_ == text_.size(); }
  bool AtLineEnd() const { return AtEnd() || text_[at_] == '\n' || text_[at_] == '\r'; }
  void PassLineEnd();

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
};

}  // namespace herd::places
