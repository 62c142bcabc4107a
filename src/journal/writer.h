#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "fleet/backlog.h"
#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "journal/store.h"

namespace herd::journal {

// Follows the fleet and writes its rows to a store. It holds no rows: a place in the change feed
// says what is on the disk, so that after an error it reads again from the fleet what changed since
// the last sync, however much was lost. No thread, no clock; one thread at a time.
class Writer {
 public:
  struct Counts {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;  // of clients and AT lines
    std::uint64_t syncs = 0;
  };

  // Follows from now on; what the fleet holds already is in the store, unless it `is_empty`: then
  // all rows are written. `wake` is a Follower's: called under a lock of the fleet.
  Writer(fleet::Fleet& fleet, Store& store, bool is_empty, std::function<void()> wake);

  // Whether there are rows to write. Any thread.
  bool pending() const { return follower_.pending(); }

  // Whether a Sync has something to do that does not show in `pending`.
  bool unsynced() const { return unsynced_ || backlog_; }

  // Writes a batch of rows that changed, if there are any. True when the batch was full.
  std::expected<bool, std::string> WriteBatch();

  // All that was applied to the fleet before this call is on the disk when it returns.
  std::expected<void, std::string> Sync();

  // After an error: starts the store again, writes what may have been lost, and syncs.
  std::expected<void, std::string> Recover();

  // Up to where the store has rows.
  const fleet::Cursors& written() const { return written_; }

  const Counts& counts() const { return counts_; }

 private:
  fleet::Fleet& fleet_;
  Store& store_;
  fleet::Follower follower_;
  fleet::Cursors written_;
  fleet::Cursors synced_;
  // What must be written again before the follower is read on.
  std::optional<fleet::Backlog> backlog_;
  bool unsynced_ = false;
  Counts counts_;

  std::expected<bool, std::string> WriteFrom(auto& source);
  bool HasWritten(const fleet::Cursors& target) const;
};

}  // namespace herd::journal
