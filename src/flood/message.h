#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fleet/digest.h"
#include "fleet/hash.h"
#include "fleet/row.h"
#include "flood/topology.h"
#include "wire/at.h"
#include "wire/time.h"

namespace herd::flood {

// What neighbours say to each other: one line each, ended by LF. docs/peer-protocol.md specifies
// them.

// The version of this protocol. Another version is refused.
inline constexpr std::string_view kVersion = "5";

// A longer line is no message. Before the neighbour has proved itself the bound is the smaller one.
inline constexpr std::size_t kGreetingBytesMax = 512;
inline constexpr std::size_t kMessageBytesMax = 131'072;

// Any row can be sent, even with a word before it and a line end behind.
static_assert(2 * wire::kAtLineBytesMax < kMessageBytesMax);

// "HERD <version> <herd> <from> <to> <nonce> <run>": who I am and whom I mean to talk to.
struct Hello {
  std::string_view version;
  std::string_view herd;
  std::string_view from;
  std::string_view to;
  std::string_view nonce;  // in hexadecimal
  std::string_view run;    // another one each time the server starts
};

// "PROOF <mac>": that I know the secret.
struct Proof {
  std::string_view mac;  // in hexadecimal
};

// "REFUSED <reason>": I close the connection.
struct Refused {
  std::string_view reason;
};

// "PING <number>" is answered by "PONG <number> <clock>": the wall clock of who answers, in
// nanoseconds since 1970.
struct Ping {
  std::uint64_t number = 0;
};
struct Pong {
  std::uint64_t number = 0;
  wire::UnixNanos clock;
};

// A setting that must be the same at all servers of a herd, as text.
struct Setting {
  std::string name;   // "fleet.expire_after_s"
  std::string value;  // neither empty nor with white space
};

// "SETTINGS <name>=<value> ...": mine; at most kMax. The first message on an open link.
struct Settings {
  static constexpr std::size_t kMax = 64;

  std::vector<Setting> settings;
};

// "BYE": I end, and close the connection.
struct Bye {};

// "ROW <AT line>": a row that you may have missed, behind which there is no news.
struct CaughtUp {
  wire::At at;
};

// "RESUME": I know what you have of mine, and send what changed since.
struct Resume {};
// "COMPARE": I do not know what you have of mine.
struct Compare {};

// "RANGES <digest>...": my digest of each range, fleet::kRanges times 16 hexadecimal digits without
// space between.
struct Ranges {
  std::string_view digests;
};

// "LEAVES <range> <digest>...": my digest of each leaf of that range, written alike.
struct Leaves {
  std::size_t range = 0;
  std::string_view digests;
};

// "DIFFER <range> <leaf>,...": the leaves of that range in which I differ; "-" for none.
struct Differ {
  std::size_t range = 0;
  std::bitset<fleet::kLeaves> leaves;
};

// "LEAF <range> <leaf> <row>...": the hashes of all my rows in that leaf, 16 hexadecimal digits
// each without space between; "-" for none.
struct Leaf {
  std::size_t range = 0;
  std::size_t leaf = 0;
  std::vector<fleet::RowHash> rows;
};

// "WANT <range> <leaf> <row>...": those of them that I lack. The rows that you lack have come
// before.
struct Want {
  std::size_t range = 0;
  std::size_t leaf = 0;
  std::vector<fleet::RowHash> rows;
};

// "RESUMED": you have what changed since.
struct Resumed {};
// "COMPARED": we have compared everything.
struct Compared {};

// "LINKS <server> <incarnation> <number> <neighbour>,...": which links of that server are up; "-"
// for none. At most kNeighboursMax.
struct LinksOf {
  static constexpr std::size_t kNeighboursMax = 1024;

  std::string_view server;
  LinksVersion version;
  std::vector<std::string_view> neighbours;
};

// "HAVE <row>...": rows that changed here, which you may hear of from others; 40 hexadecimal digits
// for each: the client's hash, the effective time and the first half of the row's hash.
struct Announced {
  fleet::ClientHash client{};
  wire::UnixNanos effective_time;
  std::uint32_t row = 0;

  friend bool operator==(const Announced&, const Announced&) = default;
};
struct Have {
  std::vector<Announced> rows;
};

// "NEED <client>...": send me these rows of those; 16 hexadecimal digits for each.
struct Need {
  std::vector<fleet::ClientHash> clients;
};

// None of the above.
struct Unknown {};

using Message = std::variant<Unknown, Hello, Proof, Refused, wire::At, Ping, Pong, Bye, CaughtUp,
                             Resume, Compare, Resumed, Ranges, Leaves, Differ, Leaf, Want, Compared,
                             LinksOf, Have, Need, Settings>;

// Reads one line without its LF. Any bytes may come. What it returns views `line`.
Message ParseMessage(std::string_view line);

// The client's ID in what looks like an AT line, for who wants to fetch its row ahead; anything, or
// nothing, when it is none.
std::string_view ClientOfAtLine(std::string_view line);

// Appends a message with its LF. The texts must hold neither white space nor control characters; a
// reason may hold spaces.
void Append(std::string& out, const Hello& hello);
void Append(std::string& out, const Proof& proof);
void Append(std::string& out, const Refused& refused);
void Append(std::string& out, Ping ping);
void Append(std::string& out, Pong pong);
void Append(std::string& out, Bye bye);
void Append(std::string& out, Resume resume);
void Append(std::string& out, Resumed resumed);
void Append(std::string& out, Compare compare);
void Append(std::string& out, const fleet::RangeDigests& ranges);
void Append(std::string& out, std::size_t range, const fleet::LeafDigests& leaves);
void Append(std::string& out, const Differ& differ);
void Append(std::string& out, const Leaf& leaf);
void Append(std::string& out, const Want& want);
void Append(std::string& out, Compared compared);
void Append(std::string& out, const Topology::Named& links);
void Append(std::string& out, const Need& need);
void Append(std::string& out, const std::vector<Setting>& settings);
// Appends one row to a Have, which is "HAVE " before the first and ended by LF after the last.
void AppendAnnounced(std::string& out, const Announced& row);
// A row's AT line is a message as it stands. Appends nothing and returns false when it is longer
// than `bytes_max`: a neighbour would close the connection, again and again.
[[nodiscard]] bool AppendAtLine(std::string& out, const fleet::Row& row,
                                std::size_t bytes_max = kMessageBytesMax);
// The same as a CaughtUp.
[[nodiscard]] bool AppendRow(std::string& out, const fleet::Row& row,
                             std::size_t bytes_max = kMessageBytesMax);

// The digests of Ranges or Leaves; nothing when they are not `Digests` many.
template <typename Digests>
std::optional<Digests> ParseDigests(std::string_view text);
extern template std::optional<fleet::RangeDigests> ParseDigests(std::string_view text);
extern template std::optional<fleet::LeafDigests> ParseDigests(std::string_view text);

}  // namespace herd::flood
