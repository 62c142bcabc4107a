#pragma once

#include <simdjson.h>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace herd::places {

enum class JsonKind { kObject, kArray, kString, kNumber, kLiteral };

// One value of a JSON text, with the bytes that stand for it there: so numbers and strings can be
// passed on as they came. All views are into the JsonTree that the value belongs to.
struct JsonValue {
  JsonKind kind = JsonKind::kLiteral;
  std::string_view text;            // as it stands, without white space round it
  std::string_view string;          // a string's characters, escapes resolved
  std::vector<JsonValue> children;  // of an array or an object, in their order
  std::string_view key;             // of an object's member: its name, escapes resolved
  std::string_view member_text;  // of an object's member: from the name's quote to the value's end

  bool IsString() const { return kind == JsonKind::kString; }
  bool IsNumber() const { return kind == JsonKind::kNumber; }
  bool IsArray() const { return kind == JsonKind::kArray; }
  bool IsObject() const { return kind == JsonKind::kObject; }
  // An array with nothing but strings in it.
  bool IsArrayOfStrings() const;
  // The first member of that name; null where there is none, and for what is no object.
  const JsonValue* Find(std::string_view name) const;
};

// A JSON text whose outermost value is an object, checked as a whole (RFC 8259, UTF-8): what is
// taken out of it by its bytes is valid JSON again. Numbers may have any size: they are not
// converted, unlike in simdjson's DOM, which refuses integers of more than 64 bits.
class JsonTree {
 public:
  // Far more than any answer of Google's has; what has more is refused rather than paid for.
  static constexpr std::size_t kValuesMax = 200'000;
  static constexpr int kDepthMax = 64;

  // The error says what is wrong, without quoting the text.
  static std::expected<JsonTree, std::string> Parse(std::string_view text);

  const JsonValue& Root() const { return root_; }

 private:
  JsonTree() = default;

  // The views point into these; both keep their memory when moved.
  simdjson::padded_string text_;
  simdjson::ondemand::parser parser_;
  JsonValue root_;
};

}  // namespace herd::places
