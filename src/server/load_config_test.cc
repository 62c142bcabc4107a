#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "server/config.h"
#include "server/config_keys.h"
#include "server/nearest_name.h"
#include "server/parse_config.h"

namespace herd::server {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kDocs = HERD_DOCS;

std::expected<Config, std::string> Parse(const std::string& text) {
  return ParseConfig(text, "conf/herd.toml");
}

std::string ErrorOf(const std::string& text) {
  const auto config = Parse(text);
  return config ? "no error" : config.error();
}

const std::string kTwo =
    "[[server]]\nname = \"A\"\nclients = \"127.0.0.1:1\"\npeers = \"127.0.0.1:2\"\n"
    "[[server]]\nname = \"B\"\nclients = \"127.0.0.1:3\"\npeers = \"127.0.0.1:4\"\n";

TEST(ParseConfig, TellsOfAHundredFaultsAndThatThereMayBeMore) {
  std::string unknown_keys;
  std::string servers;
  for (int i = 0; i < 1000; ++i) {
    unknown_keys += "nonsense" + std::to_string(i) + " = 1\n";
    servers += "\"A\", ";
  }
  for (const std::string& text : {unknown_keys, "former_servers = [" + servers + "]\n" + kTwo}) {
    const std::string errors = ErrorOf(text);
    EXPECT_EQ(std::ranges::count(errors, '\n'), 100);
    EXPECT_TRUE(errors.ends_with("\nconf/herd.toml: there may be more")) << errors;
  }
}

TEST(ParseConfig, ReadsEveryKey) {
  const auto config = Parse(R"(
herd = "ucla"
threads = 3
former_servers = ["Old", "Older"]
links = [["Goloman", "Hands"]]
[[server]]
name = "Goloman"
clients = ["127.0.0.1:12000", "[::1]:12000"]
peers = "goloman.example:12100"
peers_listen = "*:12100"
admin = "[::1]:12200"
[[server]]
name = "Hands"
clients = "*:12001"
peers = "127.0.0.1:12101"
[secret]
file = "herd.secret"
env = "OTHER_SECRET"
[link]
heartbeat_ms = 10
silence_ms = 20
dial_timeout_ms = 60_000
retry_delay_ms_min = 7
retry_delay_ms_max = 8
[places]
provider = "google-new"
index = "/var/places.index"
fallback = "offline"
slow_ms = 9
[places.google]
key_env = "KEY"
key_file = "../google.key"
endpoint = "https://127.0.0.1:8443"
ca_file = "ca.pem"
timeout_ms = 11
requests_per_minute = 12
requests_per_day = 13
address_share_percent = 22
client_share_percent = 23
breaker_failures = 14
breaker_open_ms = 15
[journal]
directory = "journals"
write_interval_ms = 20
rows_per_second = 21
[durability]
ack = "disk"
timeout_ms = 19
on_timeout = "memory"
[limits]
line_bytes = 65536
connections = 16
connections_per_address = 17
idle_timeout_s = 0
outstanding_commands = 18
output_bytes = 4096
clients = 22
fleet_bytes = 23
receipt_ahead_s = 24
[logging]
level = "debug"
format = "json"
file = "herd.log"
traffic_dir = "traffic"
)");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->herd, "ucla");
  EXPECT_EQ(config->threads, 3U);
  EXPECT_THAT(config->former_servers, ElementsAre("Old", "Older"));
  EXPECT_THAT(config->links, ElementsAre(std::pair<std::string, std::string>("Goloman", "Hands")));
  ASSERT_EQ(config->servers.size(), 2U);
  EXPECT_THAT(config->servers[0].clients,
              ElementsAre(Endpoint{"127.0.0.1", 12000}, Endpoint{"::1", 12000}));
  EXPECT_EQ(config->servers[0].peers, (Endpoint{"goloman.example", 12100}));
  EXPECT_EQ(config->servers[0].peers_listen, (Endpoint{"*", 12100}));
  EXPECT_EQ(config->servers[0].admin, (Endpoint{"::1", 12200}));
  EXPECT_THAT(config->servers[1].clients, ElementsAre(Endpoint{"*", 12001}));
  EXPECT_EQ(config->servers[1].admin, std::nullopt);
  EXPECT_EQ(config->servers[1].peers_listen, std::nullopt);
  EXPECT_EQ(config->secret_file, "conf/herd.secret");
  EXPECT_EQ(config->secret_env, "OTHER_SECRET");
  EXPECT_EQ(config->link.heartbeat, 10ms);
  EXPECT_EQ(config->link.silence_max, 20ms);
  EXPECT_EQ(config->link.dial_timeout, 60s);
  EXPECT_EQ(config->link.retry_delay_min, 7ms);
  EXPECT_EQ(config->link.retry_delay_max, 8ms);
  EXPECT_EQ(config->places.provider, PlacesProvider::kGoogleNew);
  EXPECT_EQ(config->places.index, "/var/places.index");
  EXPECT_TRUE(config->places.fall_back_offline);
  EXPECT_EQ(config->places.slow, 9ms);
  EXPECT_EQ(config->places.google.key_env, "KEY");
  EXPECT_EQ(config->places.google.key_file, "google.key");
  EXPECT_EQ(config->places.google.endpoint, "https://127.0.0.1:8443");
  EXPECT_EQ(config->places.google.ca_file, "conf/ca.pem");
  EXPECT_EQ(config->places.google.timeout, 11ms);
  EXPECT_EQ(config->places.google.requests_per_minute, 12U);
  EXPECT_EQ(config->places.google.requests_per_day, 13U);
  EXPECT_EQ(config->places.google.address_share_percent, 22U);
  EXPECT_EQ(config->places.google.client_share_percent, 23U);
  EXPECT_EQ(config->places.google.breaker_failures, 14U);
  EXPECT_EQ(config->places.google.breaker_open, 15ms);
  EXPECT_EQ(config->limits.line_bytes, 65536U);
  EXPECT_EQ(config->limits.connections, 16U);
  EXPECT_EQ(config->limits.connections_per_address, 17U);
  EXPECT_EQ(config->limits.idle_timeout, 0s);
  EXPECT_EQ(config->limits.outstanding_commands, 18U);
  EXPECT_EQ(config->limits.output_bytes, 4096U);
  EXPECT_EQ(config->limits.clients, 22U);
  EXPECT_EQ(config->limits.fleet_bytes, 23U);
  EXPECT_EQ(config->limits.receipt_ahead, 24s);
  EXPECT_EQ(config->journal.directory, "conf/journals");
  EXPECT_EQ(config->journal.write_interval, 20ms);
  EXPECT_EQ(config->journal.rows_per_second, 21);
  EXPECT_EQ(config->durability.ack, Acknowledge::kDisk);
  EXPECT_EQ(config->durability.timeout, 19ms);
  EXPECT_EQ(config->durability.on_timeout, OnTimeout::kMemory);
  EXPECT_EQ(config->logging.level, "debug");
  EXPECT_EQ(config->logging.format, LogFormat::kJson);
  EXPECT_EQ(config->logging.file, "conf/herd.log");
  EXPECT_EQ(config->logging.traffic_dir, "conf/traffic");
}

TEST(ParseConfig, WithoutServersKeepsTheBuiltInFive) {
  const auto config = Parse("[limits]\nline_bytes = 512\n");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->servers.size(), 5U);
  EXPECT_EQ(config->links, BuiltInConfig().links);
  EXPECT_EQ(config->limits.line_bytes, 512U);
}

TEST(ParseConfig, LinksAloneRearrangeTheBuiltInFive) {
  const auto config = Parse("links = [[\"Welsh\", \"Goloman\"]]");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->links.size(), 1U);
}

TEST(ParseConfig, AServerWithoutLinksNeedsNoPeers) {
  EXPECT_TRUE(Parse("[[server]]\nname = \"A\"\nclients = \"127.0.0.1:0\"\n"));
}

TEST(ParseConfig, ServersOfTwoMachinesMayShareAWildcardPort) {
  EXPECT_TRUE(
      Parse("[[server]]\nname = \"A\"\nclients = \"*:1\"\n[[server]]\nname = \"B\"\nclients = "
            "\"*:1\"\n"));
}

struct Wrong {
  std::string text;
  std::string error;  // what the error starts with
};

class WrongConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfig, NamesFileLineKeyAndWhatIsAllowed) {
  EXPECT_THAT(ErrorOf(GetParam().text), testing::StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Values, WrongConfig,
    testing::Values(
        Wrong{"herd = ", "conf/herd.toml:1: not TOML: "},
        Wrong{"\n\nherd = \"a\"\nherd = \"b\"", "conf/herd.toml:4: not TOML: "},
        Wrong{"herd = \"\xFF\"", "conf/herd.toml:1: not TOML: "},
        Wrong{"herd = \"a b\"",
              "conf/herd.toml:1: herd: \"a b\" is not allowed; allowed: 1 to 64 of A-Z a-z 0-9 . _ "
              "-, neither . nor - first"},
        Wrong{"herd = \"..\"", "conf/herd.toml:1: herd: \"..\" is not allowed"},
        Wrong{"herd = \"-x\"", "conf/herd.toml:1: herd: \"-x\" is not allowed"},
        Wrong{"[[server]]\nname = \"..\"\nclients = \"*:1\"",
              "conf/herd.toml:2: server.name: \"..\" is not allowed"},
        Wrong{"[[server]]\nname = \".x\"\nclients = \"*:1\"",
              "conf/herd.toml:2: server.name: \".x\" is not allowed"},
        Wrong{"[[server]]\nname = \"a/b\"\nclients = \"*:1\"",
              "conf/herd.toml:2: server.name: \"a/b\" is not allowed"},
        Wrong{"herd = \"\"", "conf/herd.toml:1: herd: \"\" is not allowed"},
        Wrong{"herd = 3", "conf/herd.toml:1: herd: a whole number is not a string"},
        Wrong{"threads = 0", "conf/herd.toml:1: threads: 0 is out of range; allowed: 1 to 256"},
        Wrong{"threads = 2.0",
              "conf/herd.toml:1: threads: a number with a point is not a whole number; allowed: 1 "
              "to 256"},
        Wrong{"\n[limits]\n\nline_bytes = 70000",
              "conf/herd.toml:4: limits.line_bytes: 70000 is out of range; allowed: 256 to 65536"},
        Wrong{"limits.line_bytes = \"8k\"",
              "conf/herd.toml:1: limits.line_bytes: a string is not a whole number; allowed: 256 "
              "to 65536"},
        Wrong{"limits = 3",
              "conf/herd.toml:1: limits: a whole number is not a table; allowed: [limits] with "
              "line_bytes, "},
        Wrong{"places = []", "conf/herd.toml:1: places: an array is not a table"},
        Wrong{"[places]\nprovider = \"bing\"",
              "conf/herd.toml:2: places.provider: \"bing\" is not one of the words; allowed: "
              "\"none\", \"offline\", "
              "\"google\", \"google-new\""},
        Wrong{"[places]\nprovider = 1",
              "conf/herd.toml:2: places.provider: a whole number is not one of the words"},
        Wrong{"[places]\nindex = true",
              "conf/herd.toml:2: places.index: true or false is not a string"},
        Wrong{"[places]\nindex = \"a\\u0000b\"",
              "conf/herd.toml:2: places.index: a path cannot hold a NUL byte"},
        Wrong{"[places.google]\nendpoint = \"http://a\"",
              "conf/herd.toml:2: places.google.endpoint: \"http://a\" is not allowed; allowed: "
              "\"https://HOST\""},
        Wrong{"[places.google]\nendpoint = \"https://a/b\"",
              "conf/herd.toml:2: places.google.endpoint"},
        Wrong{"[secret]\nenv = \"A=B\"",
              "conf/herd.toml:2: secret.env: \"A=B\" is not allowed; allowed: the name of an "
              "environment variable"},
        Wrong{"[logging]\nlevel = \"loud\"",
              "conf/herd.toml:2: logging.level: \"loud\" is not one of the words"}));

INSTANTIATE_TEST_SUITE_P(
    Unknown, WrongConfig,
    testing::Values(
        Wrong{"thread = 2",
              "conf/herd.toml:1: thread: unknown key, did you mean threads?; allowed here: herd, "
              "threads, "},
        Wrong{"[limit]\nline_bytes = 300",
              "conf/herd.toml:1: limit: unknown table, did you mean limits?"},
        Wrong{"[limits]\nLine_Byte = 300",
              "conf/herd.toml:2: limits.Line_Byte: unknown key, did you mean limits.line_bytes?"},
        Wrong{"[logging]\nline_bytes = 300",
              "conf/herd.toml:2: logging.line_bytes: unknown key, did you mean limits.line_bytes?"},
        Wrong{"[places.google]\nqqq = 300",
              "conf/herd.toml:2: places.google.qqq: unknown key; allowed here: key_env, "},
        Wrong{"[[server]]\nname = \"A\"\nclient = \"a:1\"",
              "conf/herd.toml:1: server.clients: is missing here; allowed: \"HOST:PORT\""}));

INSTANTIATE_TEST_SUITE_P(
    Servers, WrongConfig,
    testing::Values(
        Wrong{"server = 3", "conf/herd.toml:1: server: not a list of servers; allowed: [[server]]"},
        Wrong{"server = []", "conf/herd.toml:1: server: not a list of servers"},
        Wrong{"[server]\nname = \"A\"", "conf/herd.toml:1: server: not a list of servers"},
        Wrong{"\n[[server]]\nclients = \"a:1\"",
              "conf/herd.toml:2: server.name: is missing here; allowed: 1 to 64"},
        Wrong{"[[server]]\nname = \"Gölo\"\nclients = \"a:1\"",
              "conf/herd.toml:2: server.name: \"Gölo\" is not allowed"},
        Wrong{"[[server]]\nname = \"A\"\nclients = \"a\"",
              "conf/herd.toml:3: server.clients: \"a\" is not an address; allowed: \"HOST:PORT\""},
        Wrong{"[[server]]\nname = \"A\"\nclients = \"127.0.0.1\\u0000.b:1\"",
              "conf/herd.toml:3: server.clients: \"127.0.0.1\\x00.b:1\" is not an address"},
        Wrong{"[[server]]\nname = \"A\"\nclients = \"a:70000\"",
              "conf/herd.toml:3: server.clients: \"a:70000\" is not"},
        Wrong{"[[server]]\nname = \"A\"\nclients = 12000",
              "conf/herd.toml:3: server.clients: a whole number is not an address"},
        Wrong{"[[server]]\nname = \"A\"\nclients = []",
              "conf/herd.toml:3: server.clients: 0 addresses"},
        Wrong{"[[server]]\nname = \"A\"\nclients = \"a:1\"\npeers = \"*:2\"",
              "conf/herd.toml:4: server.peers: neighbours cannot connect to \"*:2\"; allowed: "},
        Wrong{"[[server]]\nname = \"A\"\nclients = \"a:1\"\npeers = \"a:0\"",
              "conf/herd.toml:4: server.peers: neighbours"},
        Wrong{kTwo + "[[server]]\nname = \"A\"\nclients = \"a:1\"",
              "conf/herd.toml:9: server.name: another server is called \"A\" already (line 1)"},
        Wrong{kTwo + "[[server]]\nname = \"C\"\nclients = \"127.0.0.1:3\"",
              "conf/herd.toml:9: server.clients: \"127.0.0.1:3\" of \"C\" is taken by clients of "
              "\"B\" (line 5)"},
        Wrong{kTwo + "[[server]]\nname = \"C\"\nclients = \"127.0.0.1:4\"",
              "conf/herd.toml:9: server.clients: \"127.0.0.1:4\" of \"C\" is taken by peers of "
              "\"B\" (line 5)"},
        Wrong{kTwo + "[[server]]\nname = \"C\"\nclients = \"*:9\"\npeers = \"127.0.0.1:9\"",
              "conf/herd.toml:9: server.peers: \"127.0.0.1:9\" of \"C\" is taken by clients of "
              "\"C\" (line 9)"}));

INSTANTIATE_TEST_SUITE_P(
    Links, WrongConfig,
    testing::Values(
        Wrong{
            "links = 3\n" + kTwo,
            "conf/herd.toml:1: links: a whole number is not an array; allowed: an array of pairs"},
        Wrong{"links = [[\"A\"]]\n" + kTwo, "conf/herd.toml:1: links: not a pair of names"},
        Wrong{"links = [\"A\", \"B\"]\n" + kTwo, "conf/herd.toml:1: links: not a pair of names"},
        Wrong{"links = [[\"A\", 3]]\n" + kTwo, "conf/herd.toml:1: links: not a pair of names"},
        Wrong{"links = [[\"Goloman\",\n \"Weslh\"]]",
              "conf/herd.toml:1: links: there is no server \"Weslh\" (did you mean \"Welsh\"?); "
              "allowed: Goloman, "},
        Wrong{"links = [\n[\"A\", \"A\"]]\n" + kTwo,
              "conf/herd.toml:2: links: \"A\" is linked with itself"},
        Wrong{"links = [\n[\"A\", \"B\"],\n[\"B\", \"A\"]]\n" + kTwo,
              "conf/herd.toml:3: links: \"B\" and \"A\" are linked already (line 2)"},
        Wrong{"links = [[\"A\", \"C\"]]\n" + kTwo + "[[server]]\nname = \"C\"\nclients = \"a:1\"",
              "conf/herd.toml:10: server.peers: \"C\" has links"},
        Wrong{"[link]\nsilence_ms = 1999",
              "conf/herd.toml:2: link.silence_ms: 1999 is less than two heartbeats"},
        Wrong{"[link]\nretry_delay_ms_min = 6000",
              "conf/herd.toml: link.retry_delay_ms_max: 1000 is less than link.retry_delay_ms_min; "
              "allowed: at least 6000"},
        Wrong{"threads = 256",
              "conf/herd.toml: limits.buffers_bytes: 134217728 has no room for four connections of "
              "each thread that hold the most they may, 524288 each; allowed: at least 536870912"},
        Wrong{
            "[journal]\ndirectory = \"\"\n[durability]\nack = \"disk\"",
            "conf/herd.toml:4: durability.ack: \"disk\" needs a journal, and journal.directory is "
            "empty; allowed: \"disk\" with a journal.directory, or \"memory\""},
        Wrong{"[durability]\nack = \"peers:2\"",
              "conf/herd.toml:2: durability.ack: \"peers:2\" can never be had at \"Welsh\", which "
              "has 1 neighbours"},
        Wrong{"[durability]\nack = \"peers:\"",
              "conf/herd.toml:2: durability.ack: \"peers:\" is not allowed; allowed: \"memory\", "
              "\"disk\" or \"peers:N\""},
        Wrong{"[durability]\nack = \"peers:0\"", "conf/herd.toml:2: durability.ack: "},
        Wrong{"[durability]\nack = \"peers:65\"", "conf/herd.toml:2: durability.ack: "},
        Wrong{"[durability]\nack = \"peers:1 \"", "conf/herd.toml:2: durability.ack: "},
        Wrong{"[durability]\nack = \"peers:-1\"", "conf/herd.toml:2: durability.ack: "},
        Wrong{"[durability]\nack = \"none\"", "conf/herd.toml:2: durability.ack: "},
        Wrong{"[durability]\nack = 1", "conf/herd.toml:2: durability.ack: "}));

TEST(ParseConfig, TakesANumberOfPeers) {
  const auto config = Parse("[durability]\nack = \"peers:1\"\n");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->durability.ack, Acknowledge::kPeers);
  EXPECT_EQ(config->durability.peers, 1U);
}

TEST(ParseConfig, ReportsEveryFaultInTheOrderOfLines) {
  const std::string error =
      ErrorOf("[limits]\nline_bytes = 1\nfoo = 1\n[link]\nheartbeat_ms = 1\n");
  EXPECT_THAT(error, HasSubstr("herd.toml:2: limits.line_bytes"));
  EXPECT_THAT(error, HasSubstr("\nconf/herd.toml:3: limits.foo"));
  EXPECT_THAT(error, HasSubstr("\nconf/herd.toml:5: link.heartbeat_ms"));
}

TEST(ParseConfig, EveryNumberIsAllowedAtItsBoundsOnly) {
  for (const auto& key : ConfigKeys()) {
    long min = 0;
    long max = 0;
    if (std::sscanf(key.allowed.c_str(), "%ld to %ld", &min, &max) != 2) continue;
    if (!key.allowed.ends_with(std::to_string(max))) continue;  // "1 to 64 of ..."
    for (const long value : {min - 1, min, max, max + 1}) {
      const std::string error = ErrorOf(key.name + " = " + std::to_string(value));
      const bool allowed = value >= min && value <= max;
      EXPECT_EQ(error.find("out of range") == std::string::npos, allowed)
          << key.name << " = " << value;
    }
  }
}

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(LoadConfig("no/such.toml").error(),
            "no/such.toml: cannot be read: No such file or directory");
  EXPECT_EQ(LoadConfig(kDocs).error(), kDocs.string() + ": cannot be read: Is a directory");
  EXPECT_THAT(LoadConfig("/dev/zero").error(), HasSubstr("too large"));
}

TEST(Examples, TheFiveAreTheBuiltInOnes) {
  const auto five = LoadConfig(kDocs / "examples/five.toml");
  ASSERT_TRUE(five) << five.error();
  const Config built_in = BuiltInConfig();
  EXPECT_EQ(five->herd, built_in.herd);
  EXPECT_EQ(five->links, built_in.links);
  ASSERT_EQ(five->servers.size(), built_in.servers.size());
  for (std::size_t i = 0; i < built_in.servers.size(); ++i) {
    EXPECT_EQ(five->servers[i].name, built_in.servers[i].name);
    EXPECT_EQ(five->servers[i].clients, built_in.servers[i].clients);
    EXPECT_EQ(five->servers[i].peers, built_in.servers[i].peers);
    EXPECT_EQ(five->servers[i].admin, built_in.servers[i].admin);
  }
}

TEST(Examples, TheRingIsARing) {
  const auto ring = LoadConfig(kDocs / "examples/ring.toml");
  ASSERT_TRUE(ring) << ring.error();
  for (const ServerEntry& server : ring->servers)
    EXPECT_EQ(ring->NeighboursOf(server.name).size(), 2U);
}

TEST(Examples, OnTheCampusBernardTalksWithAllButClark) {
  const auto campus = LoadConfig(kDocs / "examples/campus.toml");
  ASSERT_TRUE(campus) << campus.error();
  EXPECT_THAT(campus->NeighboursOf("Bernard"),
              testing::UnorderedElementsAre("Jaquez", "Johnson", "Juzang"));
  EXPECT_THAT(campus->NeighboursOf("Clark"), testing::UnorderedElementsAre("Jaquez", "Juzang"));
  EXPECT_THAT(campus->NeighboursOf("Johnson"), testing::UnorderedElementsAre("Bernard", "Juzang"));
}

std::string Read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(Documentation, HasEveryKeyWithItsDefaultAndRange) {
  const std::string page = Read(kDocs / "configuration.md");
  for (const auto& key : ConfigKeys()) {
    EXPECT_THAT(page,
                HasSubstr("| `" + key.name + "` | `" + key.fallback + "` | " + key.allowed + " |"));
  }
  for (const auto& key : ServerKeys()) {
    EXPECT_THAT(page, HasSubstr("| `" + key.name.substr(7) + "` | " + key.allowed + " |"));
  }
}

TEST(Documentation, ItsExamplesAreTheFiles) {
  const std::string page = Read(kDocs / "configuration.md");
  for (const char* name : {"five.toml", "ring.toml", "campus.toml"}) {
    EXPECT_THAT(page, HasSubstr("```toml\n" + Read(kDocs / "examples" / name) + "```"));
  }
}

TEST(Documentation, EveryExampleLoads) {
  std::string rest = Read(kDocs / "configuration.md");
  int examples = 0;
  for (std::size_t at = rest.find("```toml\n"); at != std::string::npos;
       at = rest.find("```toml\n")) {
    rest = rest.substr(at + 8);
    const auto config = Parse(rest.substr(0, rest.find("```")));
    EXPECT_TRUE(config) << config.error();
    ++examples;
  }
  EXPECT_EQ(examples, 4);
}

TEST(NearestName, ForgivesTyposAndCaseButNotStrangers) {
  const std::vector<std::string> names = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};
  EXPECT_EQ(NearestName("hands", names), "Hands");
  EXPECT_EQ(NearestName("Weslh", names), "Welsh");
  EXPECT_EQ(NearestName("Golomann", names), "Goloman");
  EXPECT_EQ(NearestName("Xerxes", names), std::nullopt);
  EXPECT_EQ(NearestName("", names), std::nullopt);
  EXPECT_EQ(NearestName(std::string(1000, 'a'), names), std::nullopt);
}

}  // namespace
}  // namespace herd::server
