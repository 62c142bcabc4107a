#include "cli/csv_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/rows.h"

namespace herd::cli {
namespace {

// A record that is longer is a quote that was never closed.
constexpr std::size_t kRecordBytesMax = 1'048'576;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvParser::CsvParser(std::istream& in, char delimiter) : in_(in), delimiter_(delimiter) {
  Fill();
  if (buffer_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  if (delimiter_ == '\0') delimiter_ = DetectDelimiter();
}

std::expected<bool, std::string> CsvParser::Next(std::vector<std::string>& fields) {
  while (Peek() == '\n' || Peek() == '\r') {
    if (Get() == '\n') ++line_;
  }
  fields.clear();
  record_line_ = line_;
  record_bytes_ = 0;
  if (Peek() < 0) return false;
  while (true) {
    if (Peek() == '"' && field_.empty()) {
      Get();
      if (const auto quoted = ReadQuoted(); !quoted) return std::unexpected(quoted.error());
    }
    const int c = Get();
    if (++record_bytes_ > kRecordBytesMax) {
      return std::unexpected(
          fmt::format("line {}: longer than {} bytes", record_line_, kRecordBytesMax));
    }
    if (c == delimiter_) {
      EndField(fields);
    } else if (c < 0 || c == '\n' || (c == '\r' && Peek() == '\n')) {
      if (c == '\r') Get();
      if (c >= 0) ++line_;
      EndField(fields);
      return true;
    } else {
      field_ += static_cast<char>(c);
    }
  }
}

std::expected<void, std::string> CsvParser::ReadQuoted() {
  const std::uint64_t quote_line = line_;
  while (true) {
    const int c = Get();
    if (c < 0 || ++record_bytes_ > kRecordBytesMax) {
      return std::unexpected(fmt::format("line {}: a quote is not closed", quote_line));
    }
    if (c == '\n') ++line_;
    if (c != '"') {
      field_ += static_cast<char>(c);
    } else if (Peek() == '"') {
      field_ += static_cast<char>(Get());
    } else {
      break;
    }
  }
  const int next = Peek();
  if (next >= 0 && next != delimiter_ && next != '\n' && next != '\r') {
    return std::unexpected(fmt::format("line {}: text behind a closing quote", line_));
  }
  return {};
}

void CsvParser::EndField(std::vector<std::string>& fields) {
  fields.push_back(std::move(field_));
  field_.clear();
}

char CsvParser::DetectDelimiter() const {
  std::string_view first = std::string_view(buffer_).substr(at_);
  first = first.substr(0, first.find('\n'));
  std::string outside_quotes;
  bool quoted = false;
  for (const char c : first) {
    if (c == '"') quoted = !quoted;
    if (!quoted) outside_quotes += c;
  }
  return *std::ranges::max_element(std::string_view(",;\t|"), {}, [&](char candidate) {
    return std::ranges::count(outside_quotes, candidate);
  });
}

int CsvParser::Get() {
  const int c = Peek();
  if (c >= 0) ++at_;
  return c;
}

int CsvParser::Peek() {
  if (at_ == buffer_.size() && !Fill()) return -1;
  return static_cast<unsigned char>(buffer_[at_]);
}

bool CsvParser::Fill() {
  buffer_.resize(kHeadBytes);
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.resize(static_cast<std::size_t>(in_.gcount()));
  at_ = 0;
  return !buffer_.empty();
}

}  // namespace herd::cli
