#include "journal/writer.h"

#include <utility>

namespace herd::journal {
namespace {

// A batch is gathered under the lock of a stripe of the fleet: so much takes well under a
// millisecond.
constexpr std::size_t kBatchBytes = 256 * 1024;

}  // namespace

Writer::Writer(fleet::Fleet& fleet, Store& store, bool is_empty, std::function<void()> wake)
    : fleet_(fleet),
      store_(store),
      follower_(fleet, std::move(wake)),
      written_(is_empty ? fleet::Cursors{} : follower_.cursors()),
      synced_(written_) {
  if (is_empty) backlog_.emplace(fleet_, synced_, follower_.cursors());
}

// `source` is read with Read and keeps its place in cursors().
std::expected<bool, std::string> Writer::WriteFrom(auto& source) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  bool full = false;
  source.Read([&](const fleet::Row& row) {
    store_.Put(row.client(), row.at_line());
    ++rows;
    bytes += row.client().size() + row.at_line().size();
    full = store_.batch_bytes() >= kBatchBytes;
    return !full;
  });
  if (rows > 0) {
    unsynced_ = true;
    if (auto written = store_.Write(); !written) return std::unexpected(written.error());
  }
  counts_.rows += rows;
  counts_.bytes += bytes;
  written_ = source.cursors();
  return full;
}

std::expected<bool, std::string> Writer::WriteBatch() {
  if (!backlog_) return WriteFrom(follower_);
  auto written = WriteFrom(*backlog_);
  if (written && backlog_->done()) backlog_.reset();
  return written;
}

std::expected<void, std::string> Writer::Sync() {
  // Changes go on meanwhile; those that come after this need not be waited for.
  const fleet::Cursors target = fleet_.newest();
  while (backlog_ || !HasWritten(target)) {
    if (auto written = WriteBatch(); !written) return std::unexpected(written.error());
  }
  if (!unsynced_) return {};
  if (auto synced = store_.Sync(); !synced) return synced;
  ++counts_.syncs;
  unsynced_ = false;
  synced_ = written_;
  return {};
}

std::expected<void, std::string> Writer::Recover() {
  const auto recovered = store_.Recover();
  if (!recovered) return std::unexpected(recovered.error());
  if (*recovered == Recovered::kEmpty) synced_ = {};
  written_ = synced_;
  backlog_.emplace(fleet_, synced_, follower_.cursors());
  return Sync();
}

bool Writer::HasWritten(const fleet::Cursors& target) const {
  for (std::size_t stripe = 0; stripe < target.size(); ++stripe) {
    if (written_[stripe] < target[stripe]) return false;
  }
  return true;
}

}  // namespace herd::journal
