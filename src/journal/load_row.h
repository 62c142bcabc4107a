#pragma once

#include <string_view>

#include "fleet/fleet.h"

namespace herd::journal {

enum class RowLoaded {
  kKept,     // it is in the fleet, or what wins against it
  kExpired,  // it was received before the horizon: of no use any more
  kBad,      // it is no AT line of its client
};

// Puts one row of a journal into the fleet. Any thread.
RowLoaded LoadRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet);

}  // namespace herd::journal
