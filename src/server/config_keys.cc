#include "server/config_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <iterator>
#include <system_error>
#include <utility>

#include "server/config_key_makers.h"
#include "wire/shown.h"

namespace herd::server {
namespace {

constexpr std::size_t kClientAddressesMax = 16;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A name becomes the name of files and directories (journals, logs, secrets): it must lead nowhere
// else ("..", "/"), hide nothing (".x") and look like no option ("-x").
bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsVariableName(std::string_view text) {
  return !text.empty() && text.size() <= 255 && !IsDigit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

bool IsHttpsOrigin(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (text.empty()) return true;
  if (!text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  const bool plain = std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
  if (!plain) return false;
  const bool has_port = text.ends_with(']') ? false : text.rfind(':') != std::string_view::npos;
  const auto endpoint = ParseEndpoint(has_port ? std::string(text) : std::string(text) + ":443");
  return endpoint && endpoint->port != 0;
}

// An address that is listened on; with `dialled`, one that others connect to as well.
std::expected<Endpoint, std::string> ReadEndpoint(const toml::node& node, bool dialled) {
  const auto text = node.value_exact<std::string>();
  if (!text) return std::unexpected(fmt::format("{} is not an address", Describe(node)));
  auto endpoint = ParseEndpoint(*text);
  if (!endpoint)
    return std::unexpected(fmt::format("\"{}\" is not an address", wire::Shown(*text)));
  if (dialled && (endpoint->host == "*" || endpoint->port == 0)) {
    return std::unexpected(fmt::format("neighbours cannot connect to \"{}\"", wire::Shown(*text)));
  }
  return endpoint;
}

constexpr std::string_view kListenAllowed =
    "\"HOST:PORT\", \"[IPV6]:PORT\" or \"*:PORT\" with a port of 0 to 65535";

std::optional<std::string> SetClients(const toml::node& node, const std::filesystem::path&,
                                      ServerEntry& server) {
  const toml::array* array = node.as_array();
  const std::size_t count = array == nullptr ? 1 : array->size();
  if (count < 1 || count > kClientAddressesMax) return fmt::format("{} addresses", count);
  for (std::size_t i = 0; i < count; ++i) {
    auto endpoint = ReadEndpoint(array == nullptr ? node : *array->get(i), false);
    if (!endpoint) return endpoint.error();
    server.clients.push_back(*std::move(endpoint));
  }
  return std::nullopt;
}

constexpr std::size_t kAdminNamesMax = 16;

std::optional<std::string> SetAdminNames(const toml::node& node, const std::filesystem::path&,
                                         ServerEntry& server) {
  const toml::array* array = node.as_array();
  const std::size_t count = array == nullptr ? 1 : array->size();
  if (count > kAdminNamesMax) return fmt::format("{} names", count);
  for (std::size_t i = 0; i < count; ++i) {
    const toml::node& item = array == nullptr ? node : *array->get(i);
    auto name = item.value_exact<std::string>();
    if (!name || name->empty() || name->find_first_of(":/[] ") != std::string::npos)
      return fmt::format("{} is not a host name", Describe(item));
    server.admin_names.push_back(*std::move(name));
  }
  return std::nullopt;
}

ConfigKey<ServerEntry> Address(std::string name, std::string_view allowed, bool dialled,
                               std::optional<Endpoint>& (*member)(ServerEntry&)) {
  return {.name = std::move(name),
          .allowed = std::string(allowed),
          .fallback = "",
          .set = [member, dialled](const toml::node& node, const std::filesystem::path&,
                                   ServerEntry& server) -> std::optional<std::string> {
            auto endpoint = ReadEndpoint(node, dialled);
            if (!endpoint) return endpoint.error();
            member(server) = *std::move(endpoint);
            return std::nullopt;
          }};
}

ConfigKey<Config> AcknowledgeKey() {
  return {.name = "durability.ack",
          .allowed = "\"memory\", \"disk\" or \"peers:N\" with an N of 1 to 64",
          .fallback = "\"memory\"",
          .set = [](const toml::node& node, const std::filesystem::path&,
                    Config& config) -> std::optional<std::string> {
            constexpr std::string_view kPeers = "peers:";
            constexpr std::size_t kPeersMax = 64;
            const auto text = node.value_exact<std::string>();
            if (!text) return fmt::format("{} is not one of the words", Describe(node));
            DurabilitySettings& durability = config.durability;
            if (*text == "memory") {
              durability.ack = Acknowledge::kMemory;
            } else if (*text == "disk") {
              durability.ack = Acknowledge::kDisk;
            } else {
              const std::string_view number = std::string_view(*text).substr(
                  text->starts_with(kPeers) ? kPeers.size() : text->size());
              const auto [end, error] =
                  std::from_chars(number.data(), number.data() + number.size(), durability.peers);
              if (error != std::errc{} || end != number.data() + number.size() ||
                  durability.peers < 1 || durability.peers > kPeersMax)
                return fmt::format("\"{}\" is not allowed", *text);
              durability.ack = Acknowledge::kPeers;
            }
            return std::nullopt;
          }};
}

constexpr std::size_t kFormerServersMax = 1000;

std::optional<std::string> SetFormerServers(const toml::node& node, const std::filesystem::path&,
                                            Config& config) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return fmt::format("{} is not an array", Describe(node));
  if (array->size() > kFormerServersMax) return fmt::format("{} names", array->size());
  for (const toml::node& entry : *array) {
    auto name = entry.value_exact<std::string>();
    if (!name) return fmt::format("{} is not a name", Describe(entry));
    if (!IsName(*name)) return fmt::format("\"{}\" is not allowed", *name);
    config.former_servers.push_back(*std::move(name));
  }
  return std::nullopt;
}

using C = Config;
using Keys = std::vector<ConfigKey<C>>;
using Ms = std::chrono::milliseconds;

constexpr std::string_view kVariableAllowed = "the name of an environment variable";

Keys GeneralKeys() {
  return {
      Text<C>("herd", kNameAllowed, IsName, [](C& c) -> auto& { return c.herd; }),
      Number<unsigned>("threads", 1, 256, [](C& c) -> auto& { return c.threads; }),
      {.name = "former_servers",
       .allowed =
           fmt::format("an array of 0 to {} names, each {}", kFormerServersMax, kNameAllowed),
       .fallback = "[]",
       .set = SetFormerServers},
      Number<std::chrono::seconds>("fleet.expire_after_s", 0, 315'360'000,
                                   [](C& c) -> auto& { return c.expire_after; }),
      Number<std::chrono::seconds>("fleet.clock_step_max_s", 0, 315'360'000,
                                   [](C& c) -> auto& { return c.clock_step_max; }),
      Path("secret.file", "file", [](C& c) -> auto& { return c.secret_file; }),
      Text<C>("secret.env", kVariableAllowed, IsVariableName,
              [](C& c) -> auto& { return c.secret_env; }),
  };
}

Keys LinkKeys() {
  return {
      Number<Ms>("link.heartbeat_ms", 10, 60'000, [](C& c) -> auto& { return c.link.heartbeat; }),
      Number<Ms>("link.silence_ms", 20, 600'000, [](C& c) -> auto& { return c.link.silence_max; }),
      Number<Ms>("link.dial_timeout_ms", 10, 60'000,
                 [](C& c) -> auto& { return c.link.dial_timeout; }),
      Number<Ms>("link.retry_delay_ms_min", 1, 60'000,
                 [](C& c) -> auto& { return c.link.retry_delay_min; }),
      Number<Ms>("link.retry_delay_ms_max", 1, 600'000,
                 [](C& c) -> auto& { return c.link.retry_delay_max; }),
      Number<Ms>("link.clock_difference_ms", 1, 3'600'000,
                 [](C& c) -> auto& { return c.link.clock_difference; }),
      Number<std::chrono::seconds>("link.compare_s", 0, 86'400,
                                   [](C& c) -> auto& { return c.link.compare_interval; }),
      Number<std::size_t>("link.strangers", 1, 10'000,
                          [](C& c) -> auto& { return c.link.strangers; }),
      Number<std::size_t>("link.strangers_per_address", 1, 10'000,
                          [](C& c) -> auto& { return c.link.strangers_per_address; }),
  };
}

Keys PlacesKeys() {
  return {
      Word<PlacesProvider>("places.provider",
                           {{"none", PlacesProvider::kNone},
                            {"offline", PlacesProvider::kOffline},
                            {"google", PlacesProvider::kGoogle},
                            {"google-new", PlacesProvider::kGoogleNew}},
                           [](C& c) -> auto& { return c.places.provider; }),
      Path("places.index", "file", [](C& c) -> auto& { return c.places.index; }),
      Word<bool>("places.fallback", {{"none", false}, {"offline", true}},
                 [](C& c) -> auto& { return c.places.fall_back_offline; }),
      Number<Ms>("places.slow_ms", 1, 60'000, [](C& c) -> auto& { return c.places.slow; }),
      Text<C>("places.google.key_env", kVariableAllowed, IsVariableName,
              [](C& c) -> auto& { return c.places.google.key_env; }),
      Path("places.google.key_file", "file",
           [](C& c) -> auto& { return c.places.google.key_file; }),
      Text<C>("places.google.endpoint", "\"https://HOST\", \"https://HOST:PORT\" or \"\"",
              IsHttpsOrigin, [](C& c) -> auto& { return c.places.google.endpoint; }),
      Path("places.google.ca_file", "file", [](C& c) -> auto& { return c.places.google.ca_file; }),
      Number<Ms>("places.google.timeout_ms", 10, 60'000,
                 [](C& c) -> auto& { return c.places.google.timeout; }),
      Number<std::uint32_t>("places.google.requests_per_minute", 1, 1'000'000,
                            [](C& c) -> auto& { return c.places.google.requests_per_minute; }),
      Number<std::uint32_t>("places.google.requests_per_day", 1, 1'000'000'000,
                            [](C& c) -> auto& { return c.places.google.requests_per_day; }),
      Number<std::uint32_t>("places.google.address_share_percent", 1, 100,
                            [](C& c) -> auto& { return c.places.google.address_share_percent; }),
      Number<std::uint32_t>("places.google.client_share_percent", 1, 100,
                            [](C& c) -> auto& { return c.places.google.client_share_percent; }),
      Number<std::uint32_t>("places.google.breaker_failures", 1, 1'000,
                            [](C& c) -> auto& { return c.places.google.breaker_failures; }),
      Number<Ms>("places.google.breaker_open_ms", 10, 3'600'000,
                 [](C& c) -> auto& { return c.places.google.breaker_open; }),
  };
}

Keys LimitsKeys() {
  return {
      Number<std::size_t>("limits.line_bytes", 256, 65'536,
                          [](C& c) -> auto& { return c.limits.line_bytes; }),
      Number<std::size_t>("limits.connections", 0, 10'000'000,
                          [](C& c) -> auto& { return c.limits.connections; }),
      Number<std::size_t>("limits.connections_per_address", 0, 10'000'000,
                          [](C& c) -> auto& { return c.limits.connections_per_address; }),
      Number<std::chrono::seconds>("limits.first_command_s", 0, 31'536'000,
                                   [](C& c) -> auto& { return c.limits.first_command; }),
      Number<std::chrono::seconds>("limits.idle_timeout_s", 0, 31'536'000,
                                   [](C& c) -> auto& { return c.limits.idle_timeout; }),
      Number<std::size_t>("limits.outstanding_commands", 1, 65'536,
                          [](C& c) -> auto& { return c.limits.outstanding_commands; }),
      Number<std::size_t>("limits.output_bytes", 4'096, 1'073'741'824,
                          [](C& c) -> auto& { return c.limits.output_bytes; }),
      Number<std::size_t>("limits.near_rows", 1'000, 1'000'000'000,
                          [](C& c) -> auto& { return c.limits.near_rows; }),
      Number<std::size_t>("limits.near_cells", 1'000, 1'000'000'000,
                          [](C& c) -> auto& { return c.limits.near_cells; }),
      Number<std::size_t>("limits.socket_bytes", 4'096, 212'992,
                          [](C& c) -> auto& { return c.limits.socket_bytes; }),
      Number<std::size_t>("limits.buffers_bytes", 1'048'576, 1'099'511'627'776,
                          [](C& c) -> auto& { return c.limits.buffers_bytes; }),
      Number<std::size_t>("limits.clients", 0, 1'000'000'000,
                          [](C& c) -> auto& { return c.limits.clients; }),
      Number<std::size_t>("limits.fleet_bytes", 0, 1'099'511'627'776,
                          [](C& c) -> auto& { return c.limits.fleet_bytes; }),
      Number<std::chrono::seconds>("limits.receipt_ahead_s", 10, 86'400,
                                   [](C& c) -> auto& { return c.limits.receipt_ahead; }),
  };
}

Keys JournalKeys() {
  return {
      Path("journal.directory", "directory", [](C& c) -> auto& { return c.journal.directory; }),
      Number<Ms>("journal.write_interval_ms", 0, 600'000,
                 [](C& c) -> auto& { return c.journal.write_interval; }),
      Number<std::int64_t>("journal.rows_per_second", 1, 10'000'000,
                           [](C& c) -> auto& { return c.journal.rows_per_second; }),
      Number<Ms>("journal.stall_timeout_ms", 100, 600'000,
                 [](C& c) -> auto& { return c.journal.stall_timeout; }),
      AcknowledgeKey(),
      Number<Ms>("durability.timeout_ms", 1, 600'000,
                 [](C& c) -> auto& { return c.durability.timeout; }),
      Word<OnTimeout>("durability.on_timeout",
                      {{"refuse", OnTimeout::kRefuse}, {"memory", OnTimeout::kMemory}},
                      [](C& c) -> auto& { return c.durability.on_timeout; }),
  };
}

Keys LoggingKeys() {
  return {
      Word<std::string>("logging.level",
                        {{"trace", "trace"},
                         {"debug", "debug"},
                         {"info", "info"},
                         {"warn", "warn"},
                         {"error", "error"}},
                        [](C& c) -> auto& { return c.logging.level; }),
      Word<LogFormat>("logging.format", {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                      [](C& c) -> auto& { return c.logging.format; }),
      Path("logging.file", "file", [](C& c) -> auto& { return c.logging.file; }),
      Number<std::size_t>("logging.queue_bytes", 1'048'576, 1'073'741'824,
                          [](C& c) -> auto& { return c.logging.queue_bytes; }),
      Path("logging.traffic_dir", "directory", [](C& c) -> auto& { return c.logging.traffic_dir; }),
  };
}

}  // namespace

std::string_view Describe(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::vector<ConfigKey<ServerEntry>> ServerKeys() {
  using S = ServerEntry;
  return {
      Text<S>("server.name", kNameAllowed, IsName, [](S& s) -> auto& { return s.name; }),
      {.name = "server.clients",
       .allowed =
           fmt::format("{}, or an array of 1 to {} of them", kListenAllowed, kClientAddressesMax),
       .fallback = "",
       .set = SetClients},
      Address("server.peers", "\"HOST:PORT\" or \"[IPV6]:PORT\" with a port of 1 to 65535", true,
              [](S& s) -> auto& { return s.peers; }),
      Address("server.peers_listen", kListenAllowed, false,
              [](S& s) -> auto& { return s.peers_listen; }),
      Address("server.admin", kListenAllowed, false, [](S& s) -> auto& { return s.admin; }),
      {.name = "server.admin_names",
       .allowed = fmt::format("a host name, or an array of up to {} of them", kAdminNamesMax),
       .fallback = "",
       .set = SetAdminNames},
  };
}

std::vector<ConfigKey<Config>> ConfigKeys() {
  std::vector<ConfigKey<Config>> keys;
  for (const auto& table :
       {GeneralKeys, LinkKeys, PlacesKeys, LimitsKeys, JournalKeys, LoggingKeys}) {
    std::ranges::move(table(), std::back_inserter(keys));
  }
  return keys;
}

}  // namespace herd::server
