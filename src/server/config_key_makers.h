#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/config_keys.h"

// The kinds of keys that config_keys.cc declares its table with. Each maker is given `member`,
// which leads from a Config (or a ServerEntry) to what the key sets.
namespace herd::server {

inline std::string Quoted(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

template <typename T>
inline constexpr bool kIsDuration = false;
template <typename Rep, typename Period>
inline constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;

// A whole number; the unit is that of the member.
template <typename Value>
ConfigKey<Config> Number(std::string name, std::int64_t min, std::int64_t max,
                         Value& (*member)(Config&)) {
  Config defaults;
  std::string fallback;
  if constexpr (kIsDuration<Value>) {
    fallback = fmt::format("{}", member(defaults).count());
  } else {
    fallback = fmt::format("{}", member(defaults));
  }
  return {.name = std::move(name),
          .allowed = fmt::format("{} to {}", min, max),
          .fallback = std::move(fallback),
          .set = [member, min, max](const toml::node& node, const std::filesystem::path&,
                                    Config& config) -> std::optional<std::string> {
            const auto value = node.value_exact<std::int64_t>();
            if (!value) return fmt::format("{} is not a whole number", Describe(node));
            if (*value < min || *value > max) return fmt::format("{} is out of range", *value);
            member(config) = static_cast<Value>(*value);
            return std::nullopt;
          }};
}

// One of a few words, each standing for a value of the member.
template <typename Value>
ConfigKey<Config> Word(std::string name,
                       std::type_identity_t<std::vector<std::pair<std::string, Value>>> words,
                       Value& (*member)(Config&)) {
  Config defaults;
  std::string allowed;
  std::string fallback;
  for (const auto& [word, value] : words) {
    allowed += (allowed.empty() ? "" : ", ") + Quoted(word);
    if (value == member(defaults)) fallback = Quoted(word);
  }
  return {.name = std::move(name),
          .allowed = std::move(allowed),
          .fallback = std::move(fallback),
          .set = [member, words = std::move(words)](const toml::node& node,
                                                    const std::filesystem::path&,
                                                    Config& config) -> std::optional<std::string> {
            const auto text = node.value_exact<std::string>();
            if (!text) return fmt::format("{} is not one of the words", Describe(node));
            const auto found =
                std::ranges::find(words, *text, &std::pair<std::string, Value>::first);
            if (found == words.end()) return fmt::format("\"{}\" is not one of the words", *text);
            member(config) = found->second;
            return std::nullopt;
          }};
}

// A string that `good` accepts.
template <typename Target>
ConfigKey<Target> Text(std::string name, std::string_view allowed, bool (*good)(std::string_view),
                       std::string& (*member)(Target&)) {
  Target defaults;
  const std::string& fallback = member(defaults);
  return {.name = std::move(name),
          .allowed = std::string(allowed),
          .fallback = good(fallback) ? Quoted(fallback) : "",
          .set = [member, good](const toml::node& node, const std::filesystem::path&,
                                Target& target) -> std::optional<std::string> {
            auto text = node.value_exact<std::string>();
            if (!text) return fmt::format("{} is not a string", Describe(node));
            if (!good(*text)) return fmt::format("\"{}\" is not allowed", *text);
            member(target) = *std::move(text);
            return std::nullopt;
          }};
}

// A path; a relative one starts from the configuration file's directory.
inline ConfigKey<Config> Path(std::string name, std::string_view kind,
                              std::filesystem::path& (*member)(Config&)) {
  return {.name = std::move(name),
          .allowed = fmt::format("the path of a {}, or \"\"", kind),
          .fallback = "\"\"",
          .set = [member](const toml::node& node, const std::filesystem::path& dir,
                          Config& config) -> std::optional<std::string> {
            const auto text = node.value_exact<std::string>();
            if (!text) return fmt::format("{} is not a string", Describe(node));
            if (text->find('\0') != std::string::npos) return "a path cannot hold a NUL byte";
            member(config) =
                text->empty() ? std::filesystem::path() : (dir / *text).lexically_normal();
            return std::nullopt;
          }};
}

}  // namespace herd::server
