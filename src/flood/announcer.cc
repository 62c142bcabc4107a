#include "flood/announcer.h"

#include <algorithm>
#include <cstdint>

namespace herd::flood {
namespace {

constexpr int kRoundsPerHeartbeat = 10;

// A round goes out in at most so many pieces, so long after each other. A small piece costs more
// than it delays.
constexpr std::size_t kPiecesMax = 32;
constexpr int kPiecesPerHeartbeat = 1000;
constexpr std::size_t kPieceRowsMin = 256;

constexpr std::size_t kRowsPerLine = 1024;
constexpr std::size_t kAnnouncedBytes = 40;

}  // namespace

Announced AnnouncementOf(const fleet::HashKey& key, fleet::ClientHash client,
                         const fleet::Row& row) {
  const auto hash = static_cast<std::uint64_t>(row.hash(key, client));
  return {.client = client,
          .effective_time = row.effective_time(),
          .row = static_cast<std::uint32_t>(hash >> 32U)};
}

std::size_t Announcer::Announce(Instant now, std::string& out, std::size_t bytes_max) {
  if (!due(now)) return 0;
  if (!at_work()) {
    announcing_.swap(added_);
    added_.clear();
    begun_ = 0;
    next_round_ = now + heartbeat_ / kRoundsPerHeartbeat;
  }
  const std::size_t room = (std::max(bytes_max, out.size()) - out.size()) / kAnnouncedBytes;
  const std::size_t piece =
      std::max(kPieceRowsMin, std::min(room, announcing_.size() / kPiecesMax + 1));
  const std::size_t end = std::min(begun_ + piece, announcing_.size());
  const std::size_t rows = end - begun_;
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % kRowsPerLine == 0) out += row == 0 ? "HAVE " : "\nHAVE ";
    AppendAnnounced(out, announcing_[begun_ + row]);
  }
  out += '\n';
  begun_ = end;
  last_ = now;
  next_ = at_work() ? now + heartbeat_ / kPiecesPerHeartbeat : std::max(now, next_round_);
  return rows;
}

}  // namespace herd::flood
