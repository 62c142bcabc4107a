#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "fleet/fleet.h"
#include "journal/rocks_store.h"
#include "journal/say.h"
#include "wire/time.h"

namespace herd::journal {

// What became of the rows of a journal when it was read.
struct Loaded {
  std::uint64_t rows = 0;     // in the fleet now, tombstones among them
  std::uint64_t expired = 0;  // received before the horizon: left alone, until a file is rewritten
  std::uint64_t bad = 0;      // no AT line of their client: left alone
  bool damaged = false;       // some could not be read
  std::optional<wire::UnixNanos> newest;  // time of receipt
};

// Puts all rows into the fleet, with at most `threads` threads, and removes none. The error: why
// they cannot be read.
std::expected<Loaded, std::string> Load(const RocksStore& store, fleet::Fleet& fleet,
                                        std::size_t threads, const Say& say);

}  // namespace herd::journal
