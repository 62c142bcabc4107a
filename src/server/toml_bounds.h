#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herd::server {

// What is wrong with a text before it is parsed.
struct TomlFault {
  std::uint32_t line = 0;  // from 1
  std::string text;
};

// Bounds how deep the tree of a TOML text can become: toml++ builds, reads and destroys it by
// recursion, and a key of 50,000 parts would end the stack. A key may have 16 parts (a.b.c has
// three), and arrays and inline tables may stand 16 deep in each other; Herd's own keys have three
// parts and nest two deep. Nothing else is checked, and what is in strings and comments does not
// count.
std::optional<TomlFault> FindTooDeep(std::string_view text);

}  // namespace herd::server
