#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace herd::server {

// One key of the configuration file. Every key is declared once, here; the reader and the test that
// holds docs/configuration.md to the code both work from these.
template <typename Target>
struct ConfigKey {
  std::string name;     // with its tables: "limits.line_bytes"
  std::string allowed;  // what may be written there, as error messages and the documentation say it
  std::string fallback;  // the value when it is not written, in TOML; empty: it has none
  // Puts the value into `target`; relative paths start from `dir`. Returns what is wrong with the
  // value, or nothing.
  std::function<std::optional<std::string>(const toml::node& value,
                                           const std::filesystem::path& dir, Target& target)>
      set;
};

// The keys outside [[server]]; `links` is not among them.
std::vector<ConfigKey<Config>> ConfigKeys();

// The keys of one [[server]].
std::vector<ConfigKey<ServerEntry>> ServerKeys();

// What a name of a herd or of a server may be.
inline constexpr std::string_view kNameAllowed =
    "1 to 64 of A-Z a-z 0-9 . _ -, neither . nor - first";

// "a string", "a table": how error messages call what stands in the file.
std::string_view Describe(const toml::node& node);

}  // namespace herd::server
