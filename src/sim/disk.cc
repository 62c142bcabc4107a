#include "sim/disk.h"

#include <utility>

namespace herd::sim {

void Disk::Put(std::string_view client, std::string_view at_line) {
  batch_.insert_or_assign(std::string(client), at_line);
  batch_bytes_ += client.size() + at_line.size();
}

void Disk::DropBatch() {
  batch_.clear();
  batch_bytes_ = 0;
}

std::unexpected<std::string> Disk::Fail(std::string error) {
  failed_ = true;
  return std::unexpected(std::move(error));
}

// Why nothing can be written.
std::string Disk::Trouble() const {
  if (failed_) return "it has not recovered";
  if (damaged_) return "the journal is damaged";
  if (fault_ == DiskFault::kFull) return "the disk is full";
  return {};
}

std::expected<void, std::string> Disk::Write() {
  Rows batch = std::exchange(batch_, {});
  DropBatch();
  std::string trouble = Trouble();
  // What failed may still be there.
  if (trouble.empty() || random_.Chance(50)) unsynced_.push_back(std::move(batch));
  if (!trouble.empty()) return Fail(std::move(trouble));
  return {};
}

std::expected<void, std::string> Disk::Sync() {
  if (std::string trouble = Trouble(); !trouble.empty()) return Fail(std::move(trouble));
  if (fault_ == DiskFault::kSyncFails) return Fail("the disk cannot sync");
  SyncAll();
  return {};
}

std::expected<journal::Recovered, std::string> Disk::Recover() {
  DropBatch();
  if (fault_ != DiskFault::kNone) return std::unexpected("the disk still fails");
  failed_ = false;
  if (std::exchange(damaged_, false)) {
    Lose();
    return journal::Recovered::kEmpty;
  }
  // After a failed sync a system may throw away what it could not write.
  LoseUnsynced();
  SyncAll();
  return journal::Recovered::kRows;
}

Disk::Found Disk::Open() {
  failed_ = false;
  if (std::exchange(damaged_, false)) {
    Found found{.rows = synced_, .is_empty = true};
    std::erase_if(found.rows, [this](const auto& /*row*/) { return random_.Chance(50); });
    Lose();
    return found;
  }
  // What is read from a log goes to a file of its own at once.
  SyncAll();
  return {.rows = synced_};
}

std::size_t Disk::LosePower() {
  DropBatch();
  return LoseUnsynced();
}

void Disk::Lose() {
  checker_.LostDisk(number_);
  unsynced_.clear();
  synced_.clear();
  damaged_ = false;
}

std::size_t Disk::LoseUnsynced() {
  const std::size_t batches = unsynced_.size();
  switch (random_.Below(3)) {
    case 0:
      break;
    case 1:
      unsynced_.clear();
      break;
    default:
      unsynced_.resize(random_.Below(batches + 1));
  }
  return batches - unsynced_.size();
}

void Disk::SyncAll() {
  for (Rows& batch : unsynced_) {
    for (auto& [client, line] : batch) {
      checker_.Synced(number_, line);
      synced_.insert_or_assign(client, std::move(line));
    }
  }
  unsynced_.clear();
}

}  // namespace herd::sim
