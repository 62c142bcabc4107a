#include "places/json_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace herd::places {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kSpace = " \t\r\n";

std::string_view WithoutTrailingSpace(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Takes the digits at the start of `text` away; false when there is none.
bool SkipDigits(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits > 0;
}

// RFC 8259, section 6: a number of any size.
bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (!SkipDigits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!SkipDigits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!SkipDigits(text)) return false;
  }
  return text.empty();
}

// Walks simdjson's on-demand values, all of them: it checks only what is asked for.
class Reader {
 public:
  explicit Reader(const char* text_end) : text_end_(text_end) {}

  std::optional<JsonValue> Read(ondemand::value value, int depth) {
    if (depth > JsonTree::kDepthMax || ++values_ > JsonTree::kValuesMax) return std::nullopt;
    const std::string_view token = value.raw_json_token();
    if (token.starts_with('{')) {
      ondemand::object object;
      if (value.get_object().get(object)) return std::nullopt;
      return ReadObject(object, token, depth);
    }
    if (token.starts_with('[')) {
      ondemand::array array;
      if (value.get_array().get(array)) return std::nullopt;
      return ReadArray(array, token, depth);
    }
    return ReadScalar(value, WithoutTrailingSpace(token));
  }

  // `token` begins at the brace.
  std::optional<JsonValue> ReadObject(ondemand::object object, std::string_view token, int depth) {
    JsonValue read;
    read.kind = JsonKind::kObject;
    const char* const begin = token.data();
    const char* last = begin + 1;
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field)) return std::nullopt;
      const char* const quote = field.key().raw() - 1;
      std::string_view key;
      if (field.unescaped_key().get(key)) return std::nullopt;
      auto member = Read(field.value(), depth + 1);
      if (!member) return std::nullopt;
      last = member->text.data() + member->text.size();
      member->key = key;
      member->member_text = Between(quote, last);
      read.children.push_back(std::move(*member));
    }
    return Closed(std::move(read), begin, last, '}');
  }

 private:
  std::optional<JsonValue> ReadArray(ondemand::array array, std::string_view token, int depth) {
    JsonValue read;
    read.kind = JsonKind::kArray;
    const char* const begin = token.data();
    const char* last = begin + 1;
    for (auto result : array) {
      ondemand::value value;
      if (std::move(result).get(value)) return std::nullopt;
      auto element = Read(value, depth + 1);
      if (!element) return std::nullopt;
      last = element->text.data() + element->text.size();
      read.children.push_back(std::move(*element));
    }
    return Closed(std::move(read), begin, last, ']');
  }

  static std::optional<JsonValue> ReadScalar(ondemand::value value, std::string_view token) {
    JsonValue read;
    read.text = token;
    if (token.starts_with('"')) {
      read.kind = JsonKind::kString;
      if (value.get_string().get(read.string)) return std::nullopt;
    } else if (IsNumber(token)) {
      read.kind = JsonKind::kNumber;
    } else if (token != "true" && token != "false" && token != "null") {
      return std::nullopt;
    }
    return read;
  }

  // simdjson does not tell where a list ends; but between its last value and its bracket there is
  // only white space.
  std::optional<JsonValue> Closed(JsonValue read, const char* begin, const char* last,
                                  char bracket) const {
    const std::string_view rest = Between(last, text_end_);
    const std::size_t at = rest.find_first_not_of(kSpace);
    if (at == std::string_view::npos || rest[at] != bracket) return std::nullopt;
    read.text = Between(begin, rest.data() + at + 1);
    return read;
  }

  const char* text_end_;
  std::size_t values_ = 0;
};

}  // namespace

bool JsonValue::IsArrayOfStrings() const {
  return IsArray() && std::ranges::all_of(children, &JsonValue::IsString);
}

const JsonValue* JsonValue::Find(std::string_view name) const {
  if (!IsObject()) return nullptr;
  const auto found = std::ranges::find(children, name, &JsonValue::key);
  return found == children.end() ? nullptr : &*found;
}

std::expected<JsonTree, std::string> JsonTree::Parse(std::string_view text) {
  const auto wrong = [](std::string_view what) { return std::unexpected(std::string(what)); };
  JsonTree tree;
  tree.text_ = simdjson::padded_string(text);
  const std::string_view whole = tree.text_;
  ondemand::document document;
  if (const auto error = tree.parser_.iterate(tree.text_).get(document)) {
    return wrong(simdjson::error_message(error));
  }
  ondemand::object object;
  if (document.get_object().get(object)) return wrong("not a JSON object");
  const char* const end = whole.data() + whole.size();
  auto root = Reader(end).ReadObject(object, whole.substr(whole.find_first_not_of(kSpace)), 0);
  if (!root) return wrong("not valid JSON");
  const char* const root_end = root->text.data() + root->text.size();
  if (Between(root_end, end).find_first_not_of(kSpace) != std::string_view::npos) {
    return wrong("there is more after the JSON object");
  }
  tree.root_ = std::move(*root);
  return tree;
}

}  // namespace herd::places
