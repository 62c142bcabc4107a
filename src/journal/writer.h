#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>

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

  // A batch is gathered under the lock of a stripe of the fleet: so much takes well under a
  // millisecond.
  static constexpr std::size_t kBatchBytes = 256 * 1024;

  // Follows from now on; what the fleet holds already is in the store and synced, unless it
  // `is_empty`: then all rows are written. `wake` is a Follower's: called under a lock of the
  // fleet. A batch is full with the row that brings it to `batch_bytes`.
  Writer(fleet::Fleet& fleet, Store& store, bool is_empty, std::function<void()> wake,
         std::size_t batch_bytes = kBatchBytes);

  // Whether there are rows to write. Any thread.
  bool pending() const { return follower_.pending(); }

  // Whether a Sync has something to do that does not show in `pending`.
  bool unsynced() const { return unsynced_; }

  // Writes a batch of rows that changed, if there are any. True when the batch was full.
  std::expected<bool, std::string> WriteBatch();

  // The same with the rows of one stripe only, the next one in which any changed.
  std::expected<bool, std::string> WriteStripe();

  // All that was applied to the fleet before this call is on the disk when it returns. Goes on for
  // as long as rows change faster than the store takes them.
  std::expected<void, std::string> Sync();

  // What has been written is on the disk when it returns; rows that changed since then need not be.
  std::expected<void, std::string> SyncWritten();

  // Sync step by step, for one who lets time pass in between: after BeginSync, SyncStep until
  // it says that it is done. Each step writes a batch, but the last one, which syncs the store.
  void BeginSync() { target_ = fleet_.newest(); }
  std::expected<bool, std::string> SyncStep();
  bool step_is_last() const;

  // After an error: starts the store again. The next Sync writes what may have been lost.
  std::expected<void, std::string> Recover();

  // Up to where the store has rows; after an error, up to where they are on the disk.
  const fleet::Cursors& written() const { return follower_.cursors(); }

  const Counts& counts() const { return counts_; }

 private:
  fleet::Fleet& fleet_;
  Store& store_;
  const std::size_t batch_bytes_;
  fleet::Follower follower_;
  fleet::Cursors synced_;
  fleet::Cursors target_{};  // what the present Sync is to cover
  bool unsynced_ = false;
  Counts counts_;
  std::string line_;  // of the row that is being written

  // Writes what `read`, which is to read the follower, puts into the batch.
  template <typename Read>
  std::expected<bool, std::string> Write(Read&& read);

  std::unexpected<std::string> Lose(std::string error);
};

}  // namespace herd::journal
