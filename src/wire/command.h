#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "wire/iso6709.h"
#include "wire/time.h"

namespace herd::wire {

inline constexpr std::size_t kClientIdBytesMax = 255;
inline constexpr int kRadiusKmMax = 50;
inline constexpr int kResultsMax = 20;

// "IAMAT <client ID> <location> <time>". The texts are views into the line, unchanged.
struct Iamat {
  std::string_view client;
  std::string_view location_text;
  std::string_view time_text;
  UnixNanos time;
  // The location in numbers, and how they and the time stand in their texts.
  CompactLocation location;
  TimeLayout time_layout = TimeLayout::kText;
};

// "WHATSAT <client ID> <radius> <max results>".
struct Whatsat {
  std::string_view client;
  int radius_km = 0;    // 0 to kRadiusKmMax
  int results_max = 0;  // 0 to kResultsMax
};

// A line without a field: no command, no answer.
struct Blank {};

// Whatever is none of the above: answered with "? " and the line.
struct Invalid {};

using Command = std::variant<Invalid, Blank, Iamat, Whatsat>;

// Reads one line, without its line end, as protocol.md defines it. Any bytes may come. What it
// returns views `line`.
Command ParseCommand(std::string_view line);

// The line without the CR of a CR LF; to be called on what stood before a LF.
constexpr std::string_view WithoutCr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

constexpr bool IsClientIdSize(std::size_t bytes) {
  return bytes != 0 && bytes <= kClientIdBytesMax;
}

// 1 to kClientIdBytesMax bytes, none of them white space.
bool IsClientId(std::string_view text);

}  // namespace herd::wire
