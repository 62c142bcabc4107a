#include "journal/load_row.h"

#include "fleet/planted.h"
#include "wire/at.h"

namespace herd::journal {

LoadedRow LoadRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet) {
  const auto at = wire::ParseAt(at_line);
  if (!at || at->client != client) return {.outcome = RowLoaded::kBad, .receipt = std::nullopt};
  if (fleet::Planted(fleet::Fault::kLoadNoTombstones) && wire::IsForgotten(at->location_text))
    return {.outcome = RowLoaded::kKept, .receipt = at->receipt};
  const bool expired = fleet.Apply(*at, fleet::kFromDisk) == fleet::Applied::kExpired;
  return {.outcome = expired ? RowLoaded::kExpired : RowLoaded::kKept, .receipt = at->receipt};
}

}  // namespace herd::journal
