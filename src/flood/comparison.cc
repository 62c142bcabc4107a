#include "flood/comparison.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace herd::flood {
namespace {

// A leaf with more rows than one line should hold: the hashes of the others are left out, and they
// are sent as if they were missing.
constexpr std::size_t kHashesMax = 4096;

// The clients of one leaf among those of a range, which are in the order of their hashes.
std::span<const fleet::ClientHash> InLeaf(const std::vector<fleet::ClientHash>& clients,
                                          std::size_t leaf) {
  const auto in_leaf = std::ranges::equal_range(clients, leaf, {}, fleet::LeafOf);
  return {in_leaf.begin(), in_leaf.end()};
}

// The hashes of all rows of one leaf, sorted.
std::vector<fleet::RowHash> RowsOf(const fleet::Fleet& fleet,
                                   std::span<const fleet::ClientHash> clients) {
  std::vector<fleet::RowHash> rows;
  for (const fleet::ClientHash client : clients) {
    fleet.FindRow(client,
                  [&](const fleet::Row& row) { rows.push_back(row.hash(fleet.key(), client)); });
  }
  std::ranges::sort(rows);
  return rows;
}

bool Holds(const std::vector<fleet::RowHash>& sorted, fleet::RowHash row) {
  return std::ranges::binary_search(sorted, row);
}

// Appends the row of a client, if it has settled. Returns whether it did.
bool AppendSettled(std::string& out, const fleet::Fleet& fleet, fleet::ClientHash client,
                   const fleet::Cursors& settled) {
  bool appended = false;
  fleet.FindRow(client, [&](const fleet::Row& row) {
    if (row.change() <= settled[fleet::RangeOf(client)]) appended = AppendRow(out, row);
  });
  return appended;
}

// Those of the clients whose row has settled and has a hash for which `wanted` is true.
template <typename Wanted>
void AddClients(std::vector<fleet::ClientHash>& to, const fleet::Fleet& fleet,
                std::span<const fleet::ClientHash> clients, const fleet::Cursors& settled,
                Wanted&& wanted) {
  for (const fleet::ClientHash client : clients) {
    fleet.FindRow(client, [&](const fleet::Row& row) {
      if (row.change() <= settled[fleet::RangeOf(client)] && wanted(row.hash(fleet.key(), client)))
        to.push_back(client);
    });
  }
}

}  // namespace

bool ComparisonLeader::Receive(const Ranges& ranges) {
  if (!asked_for_ranges_ || ranges_known_) return false;
  const auto theirs = ParseDigests<fleet::RangeDigests>(ranges.digests);
  if (!theirs) return false;
  ranges_known_ = true;
  const fleet::RangeDigests ours = fleet_.range_digests();
  for (std::size_t range = 0; range < fleet::kRanges; ++range) {
    ranges_[range] = ours[range] != (*theirs)[range];
  }
  return true;
}

bool ComparisonLeader::Receive(const Differ& differ) {
  if (differ.range != range_ || leaves_known_) return false;
  leaves_known_ = true;
  leaves_ = differ.leaves;
  next_leaf_ = 0;
  if (leaves_.any()) clients_ = fleet_.ClientsIn(differ.range, leaves_);
  return true;
}

bool ComparisonLeader::Receive(const Want& want, Instant now) {
  const auto asked = std::ranges::find(asked_, want.leaf, &Asked::leaf);
  if (want.range != range_ || asked == asked_.end()) return false;
  pace_.Answered(asked->at, now);
  asked_.erase(asked);
  std::vector<fleet::RowHash> wanted = want.rows;
  std::ranges::sort(wanted);
  AddClients(wanted_, fleet_, InLeaf(clients_, want.leaf), settled_,
             [&](fleet::RowHash row) { return Holds(wanted, row); });
  return true;
}

bool ComparisonLeader::pending() const {
  return !asked_for_ranges_ || rows_left() || may_ask() || range_done();
}

std::uint64_t ComparisonLeader::Send(Instant now, std::string& out, std::size_t bytes_max) {
  std::uint64_t rows = 0;
  while (out.size() < bytes_max && pending()) {
    if (!asked_for_ranges_) {
      asked_for_ranges_ = true;
      Append(out, fleet_.range_digests());
    } else if (rows_left()) {
      if (AppendSettled(out, fleet_, wanted_[sent_++], settled_)) ++rows;
      if (!rows_left()) {
        wanted_.clear();
        sent_ = 0;
      }
    } else if (may_ask()) {
      AskForLeaf(now, out);
    } else {
      NextRange(out);
    }
  }
  return rows;
}

// From where `order` says on, in steps of an odd length: those come to every range once.
std::size_t ComparisonLeader::RangeAt(std::size_t place) const {
  static_assert(std::has_single_bit(fleet::kRanges));
  const std::uint64_t step = order_ | 1U;
  return (order_ / fleet::kRanges + place * step) % fleet::kRanges;
}

void ComparisonLeader::NextRange(std::string& out) {
  range_.reset();
  leaves_known_ = false;
  clients_.clear();
  while (ranges_passed_ < fleet::kRanges && !range_) {
    const std::size_t range = RangeAt(ranges_passed_++);
    if (ranges_[range]) range_ = range;
  }
  if (range_) {
    Append(out, *range_, fleet_.leaf_digests(*range_));
  } else {
    done_ = true;
    Append(out, Compared{});
  }
}

void ComparisonLeader::AskForLeaf(Instant now, std::string& out) {
  while (!leaves_[next_leaf_]) ++next_leaf_;
  const std::size_t leaf = next_leaf_++;
  leaves_.reset(leaf);
  asked_.push_back({leaf, now});
  std::vector<fleet::RowHash> rows = RowsOf(fleet_, InLeaf(clients_, leaf));
  rows.resize(std::min(rows.size(), kHashesMax));
  Append(out, Leaf{.range = *range_, .leaf = leaf, .rows = std::move(rows)});
}

bool ComparisonAnswerer::Receive(const Ranges& ranges) {
  if (under_way_ || !ParseDigests<fleet::RangeDigests>(ranges.digests)) return false;
  under_way_ = true;
  ranges_due_ = true;
  ranges_.reset();
  range_.reset();
  leaves_.reset();
  return true;
}

bool ComparisonAnswerer::Receive(const Leaves& leaves) {
  if (!under_way_ || pending() || ranges_[leaves.range]) return false;
  const auto theirs = ParseDigests<fleet::LeafDigests>(leaves.digests);
  if (!theirs) return false;
  const fleet::LeafDigests ours = fleet_.leaf_digests(leaves.range);
  for (std::size_t leaf = 0; leaf < fleet::kLeaves; ++leaf) {
    leaves_[leaf] = ours[leaf] != (*theirs)[leaf];
  }
  ranges_.set(leaves.range);
  range_ = leaves.range;
  differ_due_ = true;
  return true;
}

bool ComparisonAnswerer::Receive(const Leaf& leaf, const fleet::Cursors& settled) {
  if (!under_way_ || differ_due_ || leaf.range != range_ || !leaves_[leaf.leaf]) return false;
  leaves_.reset(leaf.leaf);
  const std::span<const fleet::ClientHash> clients = InLeaf(clients_, leaf.leaf);
  Answer answer{.leaf = leaf.leaf, .rows = {}, .wanted = leaf.rows};
  std::ranges::sort(answer.wanted);
  AddClients(answer.rows, fleet_, clients, settled,
             [&](fleet::RowHash row) { return !Holds(answer.wanted, row); });
  const std::vector<fleet::RowHash> ours = RowsOf(fleet_, clients);
  std::erase_if(answer.wanted, [&](fleet::RowHash row) { return Holds(ours, row); });
  hashes_ += answer.rows.size() + answer.wanted.size();
  answers_.push_back(std::move(answer));
  return true;
}

bool ComparisonAnswerer::End() {
  if (!under_way_ || pending()) return false;
  under_way_ = false;
  clients_ = {};
  return true;
}

std::uint64_t ComparisonAnswerer::Send(const fleet::Cursors& settled, std::string& out,
                                       std::size_t bytes_max) {
  std::uint64_t rows = 0;
  while (out.size() < bytes_max && pending()) {
    if (std::exchange(ranges_due_, false)) {
      Append(out, fleet_.range_digests());
    } else if (std::exchange(differ_due_, false)) {
      clients_ = fleet_.ClientsIn(*range_, leaves_);
      Append(out, Differ{.range = *range_, .leaves = leaves_});
    } else if (Answer& answer = answers_.front(); answer.sent < answer.rows.size()) {
      if (AppendSettled(out, fleet_, answer.rows[answer.sent++], settled)) ++rows;
    } else {
      hashes_ -= answer.rows.size() + answer.wanted.size();
      Append(out, Want{.range = *range_, .leaf = answer.leaf, .rows = std::move(answer.wanted)});
      answers_.pop_front();
    }
  }
  return rows;
}

}  // namespace herd::flood
