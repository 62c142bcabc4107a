#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet.h"
#include "journal/table_scan.h"
#include "wire/time.h"

namespace herd::journal {

// Whether one of the write-ahead logs in the directory is damaged, and how; nothing when none is.
// An end in the middle of a record, as crashes leave it, is no damage.
std::string DamageOfLogs(const std::filesystem::path& directory);

// What could be read of a damaged database.
struct Salvaged {
  std::uint64_t rows = 0;                 // in the fleet now, or what wins against them
  std::uint64_t refused = 0;              // clients whose rows the fleet does not take
  std::optional<wire::UnixNanos> newest;  // time of receipt
};

// Reads all rows that can be read in the files of the database in `directory`, whichever are
// missing or damaged, into the fleet; no order is needed, since the fleet keeps the newest row of
// each client. The newest of those that the fleet does not take, since they have expired, go to
// `put`, once for each client. The error: it is the journal of another server or herd.
std::expected<Salvaged, std::string> Salvage(const std::filesystem::path& directory,
                                             std::string_view herd, std::string_view server,
                                             fleet::Fleet& fleet, const TakeEntry& put);

}  // namespace herd::journal
