#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wire/command.h"
#include "wire/iso6709.h"
#include "wire/time.h"

namespace herd::wire {

inline constexpr std::size_t kServerIdBytesMax = 64;

// 1 to kServerIdBytesMax of A-Z a-z 0-9 . _ -
bool IsServerId(std::string_view text);

// Stands in the place of a location in the AT line of a client that has been forgotten: a
// tombstone, which wins and loses as any report does. No client can send it.
inline constexpr std::string_view kForgottenText = "-";
constexpr bool IsForgotten(std::string_view location_text) {
  return location_text == kForgottenText;
}

// One report as its AT line tells it: "AT <server> <skew> <client> <location> <time>". The texts
// are views into someone else's bytes.
struct At {
  std::string_view server;
  std::string_view skew_text;
  std::string_view client;
  std::string_view location_text;
  std::string_view time_text;
  UnixNanos time;     // the client's
  UnixNanos receipt;  // by the server: time + skew
  // The location in numbers, none for a tombstone, and how they and the time stand in their texts.
  CompactLocation location;
  TimeLayout time_layout = TimeLayout::kText;
};

// What an AT line has at most: so whatever a server accepts it can pass on and keep.
inline constexpr std::size_t kAtLineBytesMax = 512;
static_assert(std::string_view("AT ").size() + kServerIdBytesMax + 1 + kSkewBytesMax + 1 +
                  kClientIdBytesMax + 1 + kLocationTextBytesMax + 1 + kTimeTextBytesMax <=
              kAtLineBytesMax);

// Appends the AT line, without a line end.
void AppendAt(std::string& out, const At& at);

// How many bytes that line has.
std::size_t AtLineBytes(const At& at);

// Reads an AT line, without its line end, as AppendAt writes it: one space between fields; be it of
// a report or a tombstone. Nothing for any other text, and when a field breaks the rules of
// protocol.md. What it returns views `line`.
std::optional<At> ParseAt(std::string_view line);

// The AT of a report that `server` received at `receipt`. `skew_text` becomes the text of the skew
// and, like `iamat` and `server`, must outlive what is returned.
At MakeAt(const Iamat& iamat, std::string_view server, UnixNanos receipt, std::string& skew_text);

// The same, and appends its line, without a line end: what the client is answered. The skew's text
// views `out`, and so is there until `out` changes.
At AppendAt(std::string& out, const Iamat& iamat, std::string_view server, UnixNanos receipt);

// The tombstone of `client` that an operator made at `server` at `receipt`: forgotten is what it
// reported up to `time`. `texts` becomes the text of its skew and time and, like `client` and
// `server`, must outlive what is returned.
struct ForgetTexts {
  std::string skew;
  std::string time;
};
At MakeForget(std::string_view client, std::string_view server, UnixNanos time, UnixNanos receipt,
              ForgetTexts& texts);

}  // namespace herd::wire
