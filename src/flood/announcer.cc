#include "flood/announcer.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace herd::flood {
namespace {

constexpr int kRoundsPerHeartbeat = 10;

// A round goes out in at most so many pieces, so long after each other. A small piece costs more
// than it delays.
constexpr std::size_t kPiecesMax = 32;
constexpr int kPiecesPerHeartbeat = 1000;
constexpr std::size_t kPieceRowsMin = 256;

constexpr std::size_t kRowsPerLine = 1024;

}  // namespace

Announced AnnouncementOf(fleet::HashKey key, fleet::ClientHash client, const fleet::Row& row) {
  const auto hash = static_cast<std::uint64_t>(row.hash(key, client));
  return {.client = client,
          .effective_time = row.effective_time(),
          .row = static_cast<std::uint32_t>(hash >> 32U)};
}

std::size_t Announcer::Announce(Instant now, std::string& out) {
  if (!due(now)) return 0;
  if (!at_work()) {
    announcing_.swap(added_);
    added_.clear();
    begun_ = 0;
    next_round_ = now + heartbeat_ / kRoundsPerHeartbeat;
  }
  const std::size_t piece = std::max(kPieceRowsMin, announcing_.size() / kPiecesMax + 1);
  const auto rest = std::span(announcing_).subspan(begun_);
  const auto clients = rest.first(std::min(piece, rest.size()));
  std::size_t rows = 0;
  fleet_.FindRows(clients, [&](fleet::ClientHash client, const fleet::Row& row) {
    if (rows % kRowsPerLine == 0) out += rows == 0 ? "HAVE " : "\nHAVE ";
    ++rows;
    AppendAnnounced(out, AnnouncementOf(fleet_.key(), client, row));
  });
  if (rows > 0) out += '\n';
  begun_ += clients.size();
  last_ = now;
  next_ = at_work() ? now + heartbeat_ / kPiecesPerHeartbeat : std::max(now, next_round_);
  return rows;
}

}  // namespace herd::flood
