#include "journal/load_row.h"

#include "fleet/planted.h"
#include "wire/at.h"

namespace herd::journal {
namespace {

RowLoaded OutcomeOf(fleet::Applied applied) {
  switch (applied) {
    case fleet::Applied::kStored:
    case fleet::Applied::kOlder:
    case fleet::Applied::kKnown:
      break;
    case fleet::Applied::kExpired:
      return RowLoaded::kExpired;
    case fleet::Applied::kFull:
      return RowLoaded::kFull;
    case fleet::Applied::kAhead:
      return RowLoaded::kAhead;
    case fleet::Applied::kUnknownServer:
      return RowLoaded::kUnknownServer;
  }
  return RowLoaded::kKept;
}

}  // namespace

LoadedRow LoadRow(std::string_view client, std::string_view at_line, fleet::Fleet& fleet) {
  const auto at = wire::ParseAt(at_line);
  if (!at || at->client != client) return {.outcome = RowLoaded::kBad, .receipt = std::nullopt};
  if (fleet::Planted(fleet::Fault::kLoadNoTombstones) && wire::IsForgotten(at->location_text))
    return {.outcome = RowLoaded::kKept, .receipt = at->receipt};
  return {.outcome = OutcomeOf(fleet.Apply(*at, fleet::kFromDisk)), .receipt = at->receipt};
}

}  // namespace herd::journal
