#pragma once

#include <optional>
#include <string_view>

#include "fleet/fleet.h"
#include "wire/time.h"

namespace herd::journal {

enum class RowLoaded {
  kKept,     // it is in the fleet, or what wins against it
  kExpired,  // it was received before the horizon: of no use any more
  kBad,      // it is no AT line of its client
};

struct LoadedRow {
  RowLoaded outcome;
  std::optional<wire::UnixNanos> receipt;  // nothing for kBad
};

// Puts one row of a journal into the fleet. Any thread.
LoadedRow LoadRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet);

}  // namespace herd::journal
