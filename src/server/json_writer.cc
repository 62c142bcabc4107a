#include "server/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "places/json.h"

namespace herd::server {

// A comma belongs before everything but what is first in its brackets or stands behind its key.
void JsonWriter::Separate() {
  if (!text_.empty() && std::string_view("{[:").find(text_.back()) == std::string_view::npos)
    text_ += ',';
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  text_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  places::AppendJsonString(text_, key);
  text_ += ':';
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  Separate();
  places::AppendJsonString(text_, text);
  return *this;
}

JsonWriter& JsonWriter::Value(std::uint64_t number) {
  Separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
  return *this;
}

JsonWriter& JsonWriter::Value(double number) {
  Separate();
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(text_), "{}", number);
  } else {
    text_ += "null";
  }
  return *this;
}

JsonWriter& JsonWriter::Value(bool truth) {
  Separate();
  text_ += truth ? "true" : "false";
  return *this;
}

}  // namespace herd::server
