#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herd::server {

// Where to listen or to connect: a host name or a literal address, and a port. Written
// "127.0.0.1:12000", "[::1]:12000", "host.example:12000"; "*:12000" listens on every address.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  // 0 only where listening: the system chooses

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Reads "HOST:PORT"; the error says what is wrong and what is allowed.
std::expected<Endpoint, std::string> ParseEndpoint(std::string_view text);

// "HOST:PORT", with brackets round an IPv6 address.
std::string ToString(const Endpoint& endpoint);

// One server of the herd, as every member of the herd knows it.
struct ServerEntry {
  std::string name;  // 1 to 64 of A-Z a-z 0-9 . _ -, neither . nor - first
  std::vector<Endpoint>
      clients;  // where it listens for clients; the first is the one to connect to
  std::optional<Endpoint> peers;         // where its neighbours reach it; needed when it has links
  std::optional<Endpoint> peers_listen;  // where it listens for them when that is another address
  std::optional<Endpoint> admin;         // where it tells how it does, by HTTP; none: nowhere
  std::vector<std::string> admin_names;  // host names by which that may be called, too
};

// How neighbours keep each other.
struct LinkSettings {
  std::chrono::milliseconds heartbeat{1000};
  std::chrono::milliseconds silence_max{3500};  // a neighbour silent for longer is lost
  std::chrono::milliseconds dial_timeout{2000};
  std::chrono::milliseconds retry_delay_min{100};
  std::chrono::milliseconds retry_delay_max{1000};
  std::chrono::seconds compare_interval{30};         // between comparisons of all rows; 0: none
  std::chrono::milliseconds clock_difference{1000};  // between neighbours, that is warned of
  // Connections that have yet to prove that they are neighbours: from addresses that are none's,
  // and from one address.
  std::size_t strangers = 64;
  std::size_t strangers_per_address = 32;
};

enum class PlacesProvider { kNone, kOffline, kGoogle, kGoogleNew };

// [places.google]: both Google providers.
struct GoogleSettings {
  std::string key_env = "HERD_GOOGLE_KEY";
  std::filesystem::path key_file;  // wins over key_env when set
  std::string endpoint;            // "https://host[:port]"; empty: Google's own
  std::filesystem::path ca_file;   // empty: the system's certificates
  std::chrono::milliseconds timeout{3000};
  std::uint32_t requests_per_minute = 600;
  std::uint32_t requests_per_day = 10'000;
  std::uint32_t address_share_percent = 10;  // what one address may take of these two
  std::uint32_t client_share_percent = 10;   // and what one client
  std::uint32_t breaker_failures = 5;        // so many in a row open the circuit breaker
  std::chrono::milliseconds breaker_open{10'000};
};

struct PlacesSettings {
  PlacesProvider provider = PlacesProvider::kOffline;
  std::filesystem::path index;          // the offline index; empty: DefaultPlacesIndex()
  bool fall_back_offline = false;       // answer from the index when Google fails
  std::chrono::milliseconds slow{500};  // a look-up that takes longer is logged
  GoogleSettings google;
};

// What one server bears. docs/configuration.md says what happens at each bound.
struct Limits {
  std::size_t line_bytes = 8192;
  std::size_t connections = 0;              // 0: what the limit on open files allows
  std::size_t connections_per_address = 0;  // 0: a quarter of all
  std::chrono::seconds first_command{30};   // 0: idle_timeout
  std::chrono::seconds idle_timeout{7200};
  std::size_t near_rows = 1'000'000;        // looked at for one question who is near
  std::size_t near_cells = 4'000'000;       // of the grid, 1.2 km wide, looked up for it
  std::size_t outstanding_commands = 64;    // on one connection, waiting for places
  std::size_t output_bytes = 262'144;       // on one connection, waiting to be read by the client
  std::size_t socket_bytes = 65'536;        // on one connection, each way, within the system
  std::size_t buffers_bytes = 134'217'728;  // on all connections, read and not taken, or waiting
  std::size_t clients = 0;  // rows of the fleet, forgotten clients' too; 0: what fleet_bytes allow
  std::size_t fleet_bytes =
      0;  // of memory; 0: a share of what the process may take (fleet_bounds.h)
  std::chrono::seconds receipt_ahead{300};  // a report received further ahead is not believed
};

enum class LogFormat { kText, kJson };

struct LoggingSettings {
  std::string level = "info";  // trace debug info warn error
  LogFormat format = LogFormat::kText;
  std::filesystem::path file;           // empty: standard error
  std::size_t queue_bytes = 4'194'304;  // of lines that wait to be written, of each log
  std::filesystem::path traffic_dir;    // not empty: every line in and out to DIR/NAME.traffic.log
};

// [journal]
struct JournalSettings {
  std::filesystem::path directory;  // each server's journal is DIRECTORY/NAME; empty: there is none
  std::chrono::milliseconds write_interval{5000};   // within which a change is written
  std::int64_t rows_per_second = 20'000;            // at most, of those that nobody waits for
  std::chrono::milliseconds stall_timeout{30'000};  // a write or sync that takes longer has failed
};

// When a report is acknowledged.
enum class Acknowledge {
  kMemory,  // once it is in the fleet and handed to the links
  kDisk,    // once the journal has it on the disk, too
  kPeers,   // once a number of neighbours have confirmed that they have it, too
};

// What becomes of an acknowledgement that cannot be given in time.
enum class OnTimeout {
  kRefuse,  // the client's connection is closed without it
  kMemory,  // it is given all the same, and counted
};

// [durability]
struct DurabilitySettings {
  Acknowledge ack = Acknowledge::kMemory;
  std::size_t peers = 0;  // neighbours to confirm, with kPeers
  std::chrono::milliseconds timeout{5000};
  OnTimeout on_timeout = OnTimeout::kRefuse;
};

struct Config {
  std::string herd = "herd";  // a peer of another herd is refused
  std::vector<ServerEntry> servers;
  std::vector<std::pair<std::string, std::string>> links;
  std::vector<std::string> former_servers;  // gone from the herd: rows may still name them
  unsigned threads = 1;                     // event loops of one server
  std::string secret_env = "HERD_SECRET";
  std::filesystem::path secret_file;                 // empty: DefaultSecretFile()
  std::chrono::seconds expire_after{7 * 24 * 3600};  // since receipt; 0: never
  // Rows do not expire by a clock that is further ahead than it should be; 0: by any.
  std::chrono::seconds clock_step_max{24 * 3600};
  bool clock_confirmed = false;  // --clock-confirmed
  LinkSettings link;
  PlacesSettings places;
  Limits limits;
  JournalSettings journal;
  DurabilitySettings durability;
  LoggingSettings logging;

  const ServerEntry* Find(std::string_view name) const;
  std::vector<std::string> NeighboursOf(std::string_view name) const;
};

// The herd of five on loopback: Goloman, Hands, Holiday, Welsh and Wilkes.
Config BuiltInConfig();

// Reads a TOML file. The error names the file, the line, the key and what is allowed there.
std::expected<Config, std::string> LoadConfig(const std::filesystem::path& file);

// $XDG_DATA_HOME/herd/places.index, with ~/.local/share for an unset XDG_DATA_HOME.
std::filesystem::path DefaultPlacesIndex();

// $XDG_STATE_HOME/herd/NAME.secret, with ~/.local/state for an unset XDG_STATE_HOME.
std::filesystem::path DefaultSecretFile(const Config& config);

}  // namespace herd::server
