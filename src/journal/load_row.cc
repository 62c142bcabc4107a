#include "journal/load_row.h"

#include "fleet/planted.h"
#include "wire/at.h"

namespace herd::journal {

RowLoaded LoadRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet) {
  const auto at = wire::ParseAt(at_line);
  if (!at || at->client != client) return RowLoaded::kBad;
  if (fleet::Planted(fleet::Fault::kLoadNoTombstones) && wire::IsForgotten(at->location_text))
    return RowLoaded::kKept;
  const bool expired = fleet.Apply(*at, fleet::kFromDisk) == fleet::Applied::kExpired;
  return expired ? RowLoaded::kExpired : RowLoaded::kKept;
}

}  // namespace herd::journal
