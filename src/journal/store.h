#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace herd::journal {

// What Store::Recover found.
enum class Recovered {
  kRows,   // all that was synced
  kEmpty,  // perhaps nothing: what was there is damaged, gone or not the same any more
};

// Where the journal keeps its rows: a table of AT lines by client. A database on disk, or in a
// simulation something that forgets what was not synced. One thread at a time. Errors are texts for
// people; after one, only Recover is of use.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // Adds a row to the batch, in memory; in place of the client's earlier one. Quick: called under a
  // lock of the fleet.
  virtual void Put(std::string_view client, std::string_view at_line) = 0;

  // The size of the batch.
  virtual std::size_t batch_bytes() const = 0;

  // Writes the batch, all of it or nothing, and empties it even when that fails. What is written
  // outlives the process, but the machine only once it is synced.
  virtual std::expected<void, std::string> Write() = 0;

  // What is written is on the disk when this returns.
  virtual std::expected<void, std::string> Sync() = 0;

  // After an error: starts again from what is on the disk, and what it finds there is synced. Of
  // what was written after the last successful Sync anything may be missing. An error leaves it for
  // another try.
  virtual std::expected<Recovered, std::string> Recover() = 0;
};

}  // namespace herd::journal
