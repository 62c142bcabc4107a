#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace herd::server {

// Writes JSON (RFC 8259) piece by piece; the caller opens and closes in the right order. Strings
// may hold any bytes, numbers that are not finite become null.
class JsonWriter {
 public:
  JsonWriter& Open(char bracket);   // '{' or '['
  JsonWriter& Close(char bracket);  // '}' or ']'
  JsonWriter& Key(std::string_view key);

  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(const std::string& text) { return Value(std::string_view(text)); }
  JsonWriter& Value(std::uint64_t number);
  JsonWriter& Value(double number);
  JsonWriter& Value(bool truth);

  template <typename T>
  JsonWriter& Member(std::string_view key, const T& value) {
    return Key(key).Value(value);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;

  void Separate();
};

}  // namespace herd::server
