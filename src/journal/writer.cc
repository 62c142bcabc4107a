#include "journal/writer.h"

#include <utility>

namespace herd::journal {

Writer::Writer(fleet::Fleet& fleet, Store& store, bool is_empty, std::function<void()> wake,
               std::size_t batch_bytes)
    : fleet_(fleet),
      store_(store),
      batch_bytes_(batch_bytes),
      follower_(fleet, std::move(wake)),
      synced_(follower_.cursors()) {
  if (!is_empty) return;
  synced_ = {};
  follower_.Rewind(synced_);
}

std::expected<bool, std::string> Writer::WriteBatch() {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  bool full = false;
  follower_.Read([&](const fleet::Row& row) {
    store_.Put(row.client(), row.at_line());
    ++rows;
    bytes += row.client().size() + row.at_line().size();
    full = store_.batch_bytes() >= batch_bytes_;
    return !full;
  });
  if (rows == 0) return false;
  if (auto written = store_.Write(); !written) return Lose(std::move(written.error()));
  unsynced_ = true;
  counts_.rows += rows;
  counts_.bytes += bytes;
  return full;
}

std::expected<void, std::string> Writer::Sync() {
  // Changes go on meanwhile; those that come after this need not be waited for.
  const fleet::Cursors target = fleet_.newest();
  while (!HasWritten(target)) {
    if (auto written = WriteBatch(); !written) return std::unexpected(written.error());
  }
  if (!unsynced_) return {};
  if (auto synced = store_.Sync(); !synced) return Lose(std::move(synced.error()));
  ++counts_.syncs;
  unsynced_ = false;
  synced_ = follower_.cursors();
  return {};
}

std::expected<void, std::string> Writer::Recover() {
  const auto recovered = store_.Recover();
  if (!recovered) return std::unexpected(recovered.error());
  if (*recovered == Recovered::kEmpty) {
    synced_ = {};
    follower_.Rewind(synced_);
  }
  return Sync();
}

// After an error: nothing that was not synced counts as written.
std::unexpected<std::string> Writer::Lose(std::string error) {
  follower_.Rewind(synced_);
  unsynced_ = false;
  return std::unexpected(std::move(error));
}

// The follower's cursors would not do. A row that changed before one, and again behind it, has not
// been written, neither as it was nor as it is.
bool Writer::HasWritten(const fleet::Cursors& target) const {
  for (std::size_t stripe = 0; stripe < target.size(); ++stripe) {
    if (follower_.complete()[stripe] < target[stripe]) return false;
  }
  return true;
}

}  // namespace herd::journal
