#include "server/parse_config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "server/config_checks.h"
#include "server/config_keys.h"
#include "server/nearest_name.h"
#include "server/toml_bounds.h"

namespace herd::server {
namespace {

std::uint32_t LineOf(const toml::node& node) {
  return node.source().begin.line;
}
std::uint32_t LineOf(const toml::key& key) {
  return key.source().begin.line;
}

std::string Dotted(std::string_view table, std::string_view key) {
  return table.empty() ? std::string(key) : fmt::format("{}.{}", table, key);
}

// Reads one file into one Config; complaints gather as it goes.
class Reader {
 public:
  explicit Reader(std::filesystem::path dir) : dir_(std::move(dir)) {
    for (const auto& key : keys_) names_.push_back(key.name);
    for (const auto& key : server_keys_) names_.push_back(key.name);
    names_.emplace_back("links");
  }

  std::expected<Config, std::string> Read(const toml::table& root, std::string_view file) {
    ReadTable(root, "");
    if (!servers_given_) KeepBuiltIn();
    CheckConfig(config_, lines_, complaints_);
    if (!complaints_.Empty()) return std::unexpected(complaints_.Text(file));
    return std::move(config_);
  }

 private:
  void ReadTable(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, value] : table) {
      if (complaints_.IsFull()) return;
      const std::string name = Dotted(prefix, key.str());
      if (name == "server") {
        ReadServers(key, value);
      } else if (name == "links") {
        ReadLinks(value);
      } else if (const auto found = std::ranges::find(keys_, name, &ConfigKey<Config>::name);
                 found != keys_.end()) {
        lines_.keys[name] = LineOf(key);
        Set(*found, key, value, config_);
      } else if (IsTable(name)) {
        const toml::table* inner = value.as_table();
        if (inner != nullptr) {
          ReadTable(*inner, name);
        } else {
          complaints_.Add(LineOf(key), fmt::format("{}: {} is not a table; allowed: [{}] with {}",
                                                   name, Describe(value), name, KeysOf(name)));
        }
      } else {
        Unknown(key, value, prefix);
      }
    }
  }

  template <typename Target>
  void Set(const ConfigKey<Target>& known, const toml::key& key, const toml::node& value,
           Target& target) {
    if (const auto wrong = known.set(value, dir_, target)) {
      complaints_.Add(LineOf(key),
                      fmt::format("{}: {}; allowed: {}", known.name, *wrong, known.allowed));
    }
  }

  void ReadServers(const toml::key& key, const toml::node& value) {
    servers_given_ = true;
    const toml::array* servers = value.as_array();
    if (servers == nullptr || servers->empty() || !servers->is_homogeneous<toml::table>()) {
      complaints_.Add(LineOf(key),
                      "server: not a list of servers; allowed: [[server]] once for each server");
      return;
    }
    for (const toml::node& node : *servers) ReadServer(*node.as_table());
  }

  void ReadServer(const toml::table& table) {
    ServerEntry server;
    for (const auto& [key, value] : table) {
      if (complaints_.IsFull()) return;
      const std::string name = Dotted("server", key.str());
      const auto found = std::ranges::find(server_keys_, name, &ConfigKey<ServerEntry>::name);
      if (found == server_keys_.end()) {
        Unknown(key, value, "server");
      } else {
        Set(*found, key, value, server);
      }
    }
    for (const std::string_view required : {"name", "clients"}) {
      if (table.contains(required)) continue;
      const auto known = std::ranges::find(server_keys_, Dotted("server", required),
                                           &ConfigKey<ServerEntry>::name);
      complaints_.Add(LineOf(table), fmt::format("server.{}: is missing here; allowed: {}",
                                                 required, known->allowed));
    }
    lines_.servers.push_back(LineOf(table));
    config_.servers.push_back(std::move(server));
  }

  void ReadLinks(const toml::node& value) {
    links_given_ = true;
    constexpr std::string_view kAllowed =
        "allowed: an array of pairs of server names, as in [[\"A\", \"B\"]]";
    const toml::array* links = value.as_array();
    if (links == nullptr) {
      complaints_.Add(LineOf(value),
                      fmt::format("links: {} is not an array; {}", Describe(value), kAllowed));
      return;
    }
    for (const toml::node& node : *links) {
      const toml::array* pair = node.as_array();
      if (pair == nullptr || pair->size() != 2 || !pair->is_homogeneous<std::string>()) {
        complaints_.Add(LineOf(node), fmt::format("links: not a pair of names; {}", kAllowed));
        continue;
      }
      config_.links.emplace_back(pair->get(0)->value_or(std::string()),
                                 pair->get(1)->value_or(std::string()));
      lines_.links.push_back(LineOf(node));
    }
  }

  // A file that names no servers changes settings of the built-in five.
  void KeepBuiltIn() {
    Config built_in = BuiltInConfig();
    config_.servers = std::move(built_in.servers);
    lines_.servers.assign(config_.servers.size(), 0);
    if (links_given_) return;
    config_.links = std::move(built_in.links);
    lines_.links.assign(config_.links.size(), 0);
  }

  bool IsTable(const std::string& name) const {
    return std::ranges::any_of(
        names_, [&](const std::string& known) { return known.starts_with(name + "."); });
  }

  // The names of what may stand directly in a table ("" is the whole file).
  std::vector<std::string> NamesIn(std::string_view table) const {
    std::vector<std::string> inside;
    const std::string prefix = table.empty() ? "" : fmt::format("{}.", table);
    for (const std::string& name : names_) {
      if (!name.starts_with(prefix)) continue;
      const std::string rest = name.substr(prefix.size());
      const std::string first = rest.substr(0, rest.find('.'));
      if (std::ranges::find(inside, first) == inside.end()) inside.push_back(first);
    }
    return inside;
  }

  std::string KeysOf(std::string_view table) const {
    std::string list;
    for (const std::string& name : NamesIn(table)) list += (list.empty() ? "" : ", ") + name;
    return list;
  }

  void Unknown(const toml::key& key, const toml::node& value, std::string_view table) {
    const std::string name = Dotted(table, key.str());
    std::optional<std::string> meant = NearestName(key.str(), NamesIn(table));
    if (meant) meant = Dotted(table, *meant);
    if (!meant) {
      // Written in the wrong table?
      const auto elsewhere = std::ranges::find_if(names_, [&](const std::string& known) {
        return known.ends_with(fmt::format(".{}", key.str()));
      });
      if (elsewhere != names_.end()) meant = *elsewhere;
    }
    complaints_.Add(
        LineOf(key),
        fmt::format("{}: unknown {}{}; allowed here: {}", name, value.is_table() ? "table" : "key",
                    meant ? fmt::format(", did you mean {}?", *meant) : "", KeysOf(table)));
  }

  const std::vector<ConfigKey<Config>> keys_ = ConfigKeys();
  const std::vector<ConfigKey<ServerEntry>> server_keys_ = ServerKeys();
  std::vector<std::string> names_;
  std::filesystem::path dir_;
  Config config_;
  ConfigLines lines_;
  Complaints complaints_;
  bool servers_given_ = false;
  bool links_given_ = false;
};

}  // namespace

std::expected<Config, std::string> ParseConfig(std::string_view text,
                                               const std::filesystem::path& file) {
  if (const auto fault = FindTooDeep(text)) {
    return std::unexpected(fmt::format("{}:{}: {}", file.string(), fault->line, fault->text));
  }
  toml::table root;
  try {
    root = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}:{}: not TOML: {} (column {})", file.string(),
                                       error.source().begin.line, error.description(),
                                       error.source().begin.column));
  }
  return Reader(file.parent_path()).Read(root, file.string());
}

}  // namespace herd::server
