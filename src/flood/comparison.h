#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "fleet/fleet.h"
#include "flood/message.h"
#include "flood/pace.h"

namespace herd::flood {

// How two neighbours find the rows in which they differ and give them to each other, without
// sending the others: digests of ranges, then of the leaves of a range that differs, then the
// hashes of the rows of a leaf that differs, then the rows.
//
//   leader                       other
//   RANGES digests            ->
//                             <- RANGES digests
//   for each range that differs:
//   LEAVES range digests      ->
//                             <- DIFFER range leaves
//   for each leaf that differs:
//   LEAF range leaf hashes    ->
//                             <- ROW ... ROW ... WANT range leaf hashes
//   ROW ... ROW ...           ->
//   at the end:
//   COMPARED                  ->
//
// Rows that changed after `settled` are left out: the live flood brings them, and what is on its
// way is no difference.
//
// Only a few leaves are asked for at a time, as many as are answered quickly, so that live reports
// never wait long behind these rows. What is lost with a link is found by the next comparison.
//
// To receive a message changes only what is to be said; Send says it, as much as there is room for.
// So whatever comes, and however much of it, output and memory stay bounded. A message counts once
// and in its turn only: Receive returns false for any other, which changes nothing, and for digests
// that cannot be read.

// The leading side of one comparison. A machine without socket, clock or thread, as a link is. It
// keeps 16 bytes at most for each client of one range, so it takes all that comes.
class ComparisonLeader {
 public:
  // `fleet` outlives it. `order` is any number; it says in which order ranges are compared. A
  // server that started anew is compared with all its neighbours at once: in one order they would
  // all send it the same rows at the same time, in different ones each sends what the others have
  // not yet.
  ComparisonLeader(const fleet::Fleet& fleet, const fleet::Cursors& settled, std::uint64_t order)
      : fleet_(fleet), settled_(settled), order_(order), pace_(kLeavesMin, kLeavesMax) {}

  // Each takes one message of the other side.
  [[nodiscard]] bool Receive(const Ranges& ranges);
  [[nodiscard]] bool Receive(const Differ& differ);
  [[nodiscard]] bool Receive(const Want& want, Instant now);

  // Whether Send has something to say.
  bool pending() const;

  // Appends what is to be said until `out` is `bytes_max` long, or a message longer. Returns how
  // many rows it sends.
  std::uint64_t Send(Instant now, std::string& out, std::size_t bytes_max);

  // Whether all has been said.
  bool done() const { return done_; }

 private:
  // So many leaves are asked for at a time; with a million clients a leaf has about 15.
  static constexpr std::size_t kLeavesMin = 32;
  static constexpr std::size_t kLeavesMax = fleet::kLeaves;

  struct Asked {
    std::size_t leaf;
    Instant at;
  };

  const fleet::Fleet& fleet_;
  const fleet::Cursors settled_;
  const std::uint64_t order_;
  bool asked_for_ranges_ = false;
  bool ranges_known_ = false;
  std::size_t ranges_passed_ = 0;           // compared, or found to be equal
  std::bitset<fleet::kRanges> ranges_;      // differed at the start
  std::optional<std::size_t> range_;        // being compared
  bool leaves_known_ = false;               // DIFFER has come for it
  std::vector<fleet::ClientHash> clients_;  // of the leaves of range_ that differ
  std::bitset<fleet::kLeaves> leaves_;      // differ, and are still to be asked for
  std::size_t next_leaf_ = 0;               // no smaller one of them is
  std::vector<Asked> asked_;                // and not answered
  std::vector<fleet::ClientHash> wanted_;   // whose rows are to be sent; the first sent_ are
  std::size_t sent_ = 0;
  Pace pace_;  // how many leaves may be asked for at a time
  bool done_ = false;

  bool rows_left() const { return sent_ < wanted_.size(); }
  bool may_ask() const { return leaves_.any() && asked_.size() < pace_.window(); }
  bool range_done() const {
    return ranges_known_ && !done_ &&
           (!range_ || (leaves_known_ && leaves_.none() && asked_.empty()));
  }
  std::size_t RangeAt(std::size_t place) const;
  void NextRange(std::string& out);
  void AskForLeaf(Instant now, std::string& out);
};

// The other side. It says what it was asked for in that order.
class ComparisonAnswerer {
 public:
  explicit ComparisonAnswerer(const fleet::Fleet& fleet) : fleet_(fleet) {}

  [[nodiscard]] bool Receive(const Ranges& ranges);
  [[nodiscard]] bool Receive(const Leaves& leaves);
  [[nodiscard]] bool Receive(const Leaf& leaf, const fleet::Cursors& settled);
  // COMPARED has come.
  [[nodiscard]] bool End();

  bool pending() const { return ranges_due_ || differ_due_ || !answers_.empty(); }

  // Whether so much is to be said that nothing more should be received before some of it has been.
  // The leader never waits so: it reads, and that makes room here.
  bool full() const { return hashes_ > kHashesHeld; }

  // As the leader's. Of the rows asked for, those are left out that have changed after `settled`.
  std::uint64_t Send(const fleet::Cursors& settled, std::string& out, std::size_t bytes_max);

 private:
  static constexpr std::size_t kHashesHeld = 65'536;  // half a megabyte

  // What is to be said of a leaf: rows, then WANT.
  struct Answer {
    std::size_t leaf;
    std::vector<fleet::ClientHash> rows;  // of these clients; the first `sent` are
    std::size_t sent = 0;
    std::vector<fleet::RowHash> wanted;
  };

  const fleet::Fleet& fleet_;
  bool under_way_ = false;                  // since RANGES, until COMPARED
  bool ranges_due_ = false;                 // RANGES is to be answered
  bool differ_due_ = false;                 // LEAVES is
  std::bitset<fleet::kRanges> ranges_;      // asked about already
  std::optional<std::size_t> range_;        // the last of them
  std::bitset<fleet::kLeaves> leaves_;      // of its leaves that differ, those not asked for yet
  std::vector<fleet::ClientHash> clients_;  // of its leaves that differ
  std::deque<Answer> answers_;
  std::size_t hashes_ = 0;  // in answers_
};

}  // namespace herd::flood
