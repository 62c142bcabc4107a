#include "journal/writer.h"

#include <utility>

#include "fleet/planted.h"

namespace herd::journal {

using fleet::Fault;
using fleet::Planted;

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
  return Write([this](auto&& take) { follower_.Read(take); });
}

std::expected<bool, std::string> Writer::WriteStripe() {
  return Write([this](auto&& take) { follower_.ReadStripe(take); });
}

template <typename Read>
std::expected<bool, std::string> Writer::Write(Read&& read) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  bool full = false;
  read([&](const fleet::Row& row) {
    line_.clear();
    row.AppendAtLine(line_);
    store_.Put(row.client(), line_);
    ++rows;
    bytes += row.client().size() + line_.size();
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
  BeginSync();
  while (true) {
    const auto done = SyncStep();
    if (!done) return std::unexpected(done.error());
    if (*done) return {};
  }
}

// Changes go on meanwhile; those that come after BeginSync need not be waited for.
std::expected<bool, std::string> Writer::SyncStep() {
  if (!step_is_last()) {
    if (auto written = WriteBatch(); !written) return written;
    return false;
  }
  if (auto synced = SyncWritten(); !synced) return std::unexpected(std::move(synced.error()));
  return true;
}

std::expected<void, std::string> Writer::SyncWritten() {
  if (!unsynced_ || Planted(Fault::kForgetToSync)) return {};
  if (auto synced = store_.Sync(); !synced) return Lose(std::move(synced.error()));
  ++counts_.syncs;
  unsynced_ = false;
  synced_ = follower_.cursors();
  return {};
}

// The follower's cursors would not do. A row that changed before one, and again behind it, has not
// been written, neither as it was nor as it is.
bool Writer::step_is_last() const {
  const fleet::Cursors& written =
      Planted(Fault::kSyncByCursor) ? follower_.cursors() : follower_.complete();
  for (std::size_t stripe = 0; stripe < target_.size(); ++stripe) {
    if (written[stripe] < target_[stripe]) return false;
  }
  return true;
}

std::expected<void, std::string> Writer::Recover() {
  const auto recovered = store_.Recover();
  if (!recovered) return std::unexpected(recovered.error());
  if (*recovered == Recovered::kEmpty) {
    synced_ = {};
    follower_.Rewind(synced_);
  }
  return {};
}

// After an error: nothing that was not synced counts as written.
std::unexpected<std::string> Writer::Lose(std::string error) {
  if (!Planted(Fault::kTrustFailedSync)) follower_.Rewind(synced_);
  unsynced_ = false;
  return std::unexpected(std::move(error));
}

}  // namespace herd::journal
