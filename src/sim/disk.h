#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "journal/store.h"
#include "sim/checker.h"
#include "sim/random.h"
#include "sim/rows.h"

namespace herd::sim {

enum class DiskFault {
  kNone,
  kFull,       // nothing can be written
  kSyncFails,  // what is written cannot be synced
};

// One server's disk, as its journal sees it. It outlives the server's processes. What is written
// outlives them, too, but when the machine loses its power only the first batches since the last
// sync may be left, or all of them, or none.
class Disk : public journal::Store {
 public:
  // The checker is told what is on the disk of the server that it knows by `number`.
  Disk(std::size_t number, Random& random, Checker& checker)
      : number_(number), random_(random), checker_(checker) {}

  void Put(std::string_view client, std::string_view at_line) override;
  std::size_t batch_bytes() const override { return batch_bytes_; }
  std::expected<void, std::string> Write() override;
  std::expected<void, std::string> Sync() override;
  std::expected<journal::Recovered, std::string> Recover() override;

  // What a start finds, and whether the journal is a new one, since the old one was damaged: then
  // what could be read of that is in no journal any more.
  struct Found {
    Rows rows;
    bool is_empty = false;
  };
  Found Open();
  void Remove(std::string_view client) { synced_.erase(synced_.find(client)); }

  void set_fault(DiskFault fault) { fault_ = fault; }
  DiskFault fault() const { return fault_; }
  // Nothing can be written until somebody opens it, and finds only a part of it.
  void Damage() { damaged_ = true; }

  void EndProcess() { DropBatch(); }
  // Returns how many batches were lost.
  std::size_t LosePower();
  // The disk is replaced.
  void Lose();

  const Rows& synced() const { return synced_; }

 private:
  const std::size_t number_;
  Random& random_;
  Checker& checker_;
  Rows batch_;
  std::size_t batch_bytes_ = 0;
  std::vector<Rows> unsynced_;  // batches, oldest first
  Rows synced_;
  DiskFault fault_ = DiskFault::kNone;
  bool damaged_ = false;
  bool failed_ = false;  // and has not recovered

  std::string Trouble() const;
  std::unexpected<std::string> Fail(std::string error);
  void DropBatch();
  std::size_t LoseUnsynced();
  void SyncAll();
};

}  // namespace herd::sim
