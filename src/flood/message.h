#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "wire/at.h"

namespace herd::flood {

// What neighbours say to each other: one line each, ended by LF. docs/peer-protocol.md specifies
// them.

// The version of this protocol. Another version is refused.
inline constexpr std::string_view kVersion = "1";

// A longer line is no message. Before the neighbour has proved itself the bound is the smaller one.
inline constexpr std::size_t kGreetingBytesMax = 512;
inline constexpr std::size_t kMessageBytesMax = 131'072;

// "HERD <version> <herd> <from> <to> <nonce>": who I am and whom I mean to talk to.
struct Hello {
  std::string_view version;
  std::string_view herd;
  std::string_view from;
  std::string_view to;
  std::string_view nonce;  // in hexadecimal
};

// "PROOF <mac>": that I know the secret.
struct Proof {
  std::string_view mac;  // in hexadecimal
};

// "REFUSED <reason>": I close the connection.
struct Refused {
  std::string_view reason;
};

// "PING <number>" is answered by "PONG <number>".
struct Ping {
  std::uint64_t number = 0;
};
struct Pong {
  std::uint64_t number = 0;
};

// "BYE": I end, and close the connection.
struct Bye {};

// None of the above.
struct Unknown {};

using Message = std::variant<Unknown, Hello, Proof, Refused, wire::At, Ping, Pong, Bye>;

// Reads one line without its LF. Any bytes may come. What it returns views `line`.
Message ParseMessage(std::string_view line);

// Appends a message with its LF. The texts must hold neither white space nor control characters; a
// reason may hold spaces.
void Append(std::string& out, const Hello& hello);
void Append(std::string& out, const Proof& proof);
void Append(std::string& out, const Refused& refused);
void Append(std::string& out, Ping ping);
void Append(std::string& out, Pong pong);
void Append(std::string& out, Bye bye);
// A row's AT line is a message as it stands.
void AppendAtLine(std::string& out, std::string_view at_line);

}  // namespace herd::flood
