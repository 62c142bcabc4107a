#include "flood/comparison.h"

#include <algorithm>
#include <bit>
#include <span>

namespace herd::flood {
namespace {

// So many leaves are asked for at a time; with a million clients a leaf has about 15.
constexpr std::size_t kLeavesMin = 32;
constexpr std::size_t kLeavesMax = fleet::kLeaves;

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

// Appends those rows of a leaf for whose hash `wanted` is true, if they have settled. Returns how
// many.
template <typename Wanted>
std::uint64_t AppendRows(std::string& out, const fleet::Fleet& fleet,
                         std::span<const fleet::ClientHash> clients, const fleet::Cursors& settled,
                         Wanted&& wanted) {
  std::uint64_t count = 0;
  for (const fleet::ClientHash client : clients) {
    fleet.FindRow(client, [&](const fleet::Row& row) {
      if (row.change() > settled[fleet::RangeOf(client)]) return;
      if (!wanted(row.hash(fleet.key(), client))) return;
      AppendRow(out, row);
      ++count;
    });
  }
  return count;
}

bool Holds(const std::vector<fleet::RowHash>& sorted, fleet::RowHash row) {
  return std::ranges::binary_search(sorted, row);
}

}  // namespace

ComparisonLeader::ComparisonLeader(const fleet::Fleet& fleet, const fleet::Cursors& settled,
                                   std::uint64_t order, std::string& out)
    : fleet_(fleet), settled_(settled), order_(order), pace_(kLeavesMin, kLeavesMax) {
  Append(out, fleet_.range_digests());
}

void ComparisonLeader::Receive(const Ranges& ranges, std::string& out) {
  const auto theirs = ParseDigests<fleet::RangeDigests>(ranges.digests);
  if (!theirs || ranges_known_) return;
  ranges_known_ = true;
  const fleet::RangeDigests ours = fleet_.range_digests();
  for (std::size_t range = 0; range < fleet::kRanges; ++range) {
    ranges_[range] = ours[range] != (*theirs)[range];
  }
  NextRange(out);
}

// From where `order` says on, in steps of an odd length: those come to every range once.
std::size_t ComparisonLeader::RangeAt(std::size_t place) const {
  static_assert(std::has_single_bit(fleet::kRanges));
  const std::uint64_t step = order_ | 1U;
  return (order_ / fleet::kRanges + place * step) % fleet::kRanges;
}

void ComparisonLeader::NextRange(std::string& out) {
  range_.reset();
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

void ComparisonLeader::Receive(const Differ& differ, Instant now, std::string& out) {
  if (differ.range != range_ || leaves_.any() || !asked_.empty()) return;
  leaves_ = differ.leaves;
  if (leaves_.none()) return NextRange(out);
  clients_ = fleet_.ClientsIn(differ.range, leaves_);
  AskForLeaves(now, out);
}

void ComparisonLeader::AskForLeaves(Instant now, std::string& out) {
  for (std::size_t leaf = 0; leaf < fleet::kLeaves && asked_.size() < pace_.window(); ++leaf) {
    if (!leaves_[leaf]) continue;
    leaves_.reset(leaf);
    asked_.push_back({leaf, now});
    std::vector<fleet::RowHash> rows = RowsOf(fleet_, InLeaf(clients_, leaf));
    rows.resize(std::min(rows.size(), kHashesMax));
    Append(out, Leaf{.range = *range_, .leaf = leaf, .rows = std::move(rows)});
  }
}

std::uint64_t ComparisonLeader::Receive(const Want& want, Instant now, std::string& out) {
  const auto asked = std::ranges::find(asked_, want.leaf, &Asked::leaf);
  if (want.range != range_ || asked == asked_.end()) return 0;
  pace_.Answered(asked->at, now);
  asked_.erase(asked);
  std::vector<fleet::RowHash> wanted = want.rows;
  std::ranges::sort(wanted);
  const std::uint64_t sent = AppendRows(out, fleet_, InLeaf(clients_, want.leaf), settled_,
                                        [&](fleet::RowHash row) { return Holds(wanted, row); });
  AskForLeaves(now, out);
  if (asked_.empty()) NextRange(out);
  return sent;
}

void ComparisonAnswerer::Receive(const Ranges& /*ranges*/, std::string& out) {
  Append(out, fleet_.range_digests());
}

void ComparisonAnswerer::Receive(const Leaves& leaves, std::string& out) {
  const auto theirs = ParseDigests<fleet::LeafDigests>(leaves.digests);
  if (!theirs) return;
  const fleet::LeafDigests ours = fleet_.leaf_digests(leaves.range);
  Differ differ{.range = leaves.range, .leaves = {}};
  for (std::size_t leaf = 0; leaf < fleet::kLeaves; ++leaf) {
    differ.leaves[leaf] = ours[leaf] != (*theirs)[leaf];
  }
  range_ = leaves.range;
  clients_ = fleet_.ClientsIn(leaves.range, differ.leaves);
  Append(out, differ);
}

std::uint64_t ComparisonAnswerer::Receive(const Leaf& leaf, const fleet::Cursors& settled,
                                          std::string& out) {
  if (leaf.range != range_) return 0;
  const std::span<const fleet::ClientHash> clients = InLeaf(clients_, leaf.leaf);
  std::vector<fleet::RowHash> theirs = leaf.rows;
  std::ranges::sort(theirs);
  const std::uint64_t sent = AppendRows(out, fleet_, clients, settled,
                                        [&](fleet::RowHash row) { return !Holds(theirs, row); });
  const std::vector<fleet::RowHash> ours = RowsOf(fleet_, clients);
  std::erase_if(theirs, [&](fleet::RowHash row) { return Holds(ours, row); });
  Append(out, Want{.range = leaf.range, .leaf = leaf.leaf, .rows = std::move(theirs)});
  return sent;
}

}  // namespace herd::flood
