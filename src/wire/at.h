#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wire/command.h"
#include "wire/time.h"

namespace herd::wire {

inline constexpr std::size_t kServerIdBytesMax = 64;

// 1 to kServerIdBytesMax of A-Z a-z 0-9 . _ -
bool IsServerId(std::string_view text);

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
};

// Appends the AT line, without a line end.
void AppendAt(std::string& out, const At& at);

// Reads an AT line, without its line end, as AppendAt writes it: one space between fields. Nothing
// for any other text, and when a field breaks the rules of protocol.md. What it returns views
// `line`.
std::optional<At> ParseAt(std::string_view line);

// The AT of a report that `server` received at `receipt`. `skew_text` becomes the text of the skew
// and, like `iamat` and `server`, must outlive what is returned.
At MakeAt(const Iamat& iamat, std::string_view server, UnixNanos receipt, std::string& skew_text);

}  // namespace herd::wire
