#include "places/csv.h"

namespace herd::places {

CsvReader::CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

std::expected<bool, std::string> CsvReader::Next(std::vector<std::string>& fields) {
  while (!AtEnd() && AtLineEnd()) PassLineEnd();
  if (AtEnd()) return false;
  row_line_ = line_;
  std::size_t count = 0;
  bool more = true;
  while (more) {
    // Rows have mostly as many fields as the one before: its strings are used again.
    if (count == fields.size()) fields.emplace_back();
    std::expected<bool, std::string> another = Field(fields[count++]);
    if (!another) return another;
    more = *another;
  }
  fields.resize(count);
  if (!AtEnd()) PassLineEnd();
  return true;
}

std::expected<bool, std::string> CsvReader::Field(std::string& field) {
  field.clear();
  if (!AtEnd() && text_[at_] == '"') {
    if (std::expected<void, std::string> read = QuotedField(field); !read) {
      return std::unexpected(read.error());
    }
    if (!AtLineEnd() && text_[at_] != delimiter_) {
      return std::unexpected("there is text after the closing quote of a field");
    }
  } else {
    const std::size_t begin = at_;
    while (!AtLineEnd() && text_[at_] != delimiter_) ++at_;
    field = text_.substr(begin, at_ - begin);
  }
  if (AtLineEnd()) return false;
  ++at_;
  return true;
}

std::expected<void, std::string> CsvReader::QuotedField(std::string& field) {
  ++at_;
  while (!AtEnd()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      if (AtEnd() || text_[at_] != '"') return {};
    } else if (c == '\n' || (c == '\r' && !text_.substr(at_ + 1).starts_with('\n'))) {
      ++line_;
    }
    field += text_[at_];
    ++at_;
  }
  return std::unexpected("a quote is opened and never closed");
}

void CsvReader::PassLineEnd() {
  if (text_[at_] == '\r' && text_.substr(at_ + 1).starts_with('\n')) ++at_;
  ++at_;
  ++line_;
}

}  // namespace herd::places
