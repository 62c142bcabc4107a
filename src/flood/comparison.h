#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
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

// The leading side of one comparison. A machine without socket, clock or thread, as a link is.
class ComparisonLeader {
 public:
  // `fleet` outlives it. `order` is any number; it says in which order ranges are compared. A
  // server that started anew is compared with all its neighbours at once: in one order they would
  // all send it the same rows at the same time, in different ones each sends what the others have
  // not yet.
  ComparisonLeader(const fleet::Fleet& fleet, const fleet::Cursors& settled, std::uint64_t order,
                   std::string& out);

  // Each takes one message of the other side. What does not belong to this comparison is ignored.
  void Receive(const Ranges& ranges, std::string& out);
  void Receive(const Differ& differ, Instant now, std::string& out);
  // Returns how many rows it sends.
  std::uint64_t Receive(const Want& want, Instant now, std::string& out);

  bool done() const { return done_; }

 private:
  struct Asked {
    std::size_t leaf;
    Instant at;
  };

  const fleet::Fleet& fleet_;
  const fleet::Cursors settled_;
  const std::uint64_t order_;
  std::size_t ranges_passed_ = 0;           // compared, or found to be equal
  std::bitset<fleet::kRanges> ranges_;      // differed at the start
  std::optional<std::size_t> range_;        // being compared
  std::vector<fleet::ClientHash> clients_;  // of the leaves of range_ that differ
  std::bitset<fleet::kLeaves> leaves_;      // differ, and are still to be asked for
  std::vector<Asked> asked_;                // and not answered
  Pace pace_;                               // how many may be asked for at a time
  bool ranges_known_ = false;
  bool done_ = false;

  std::size_t RangeAt(std::size_t place) const;
  void NextRange(std::string& out);
  void AskForLeaves(Instant now, std::string& out);
};

// The other side: it answers and keeps no more than which clients a range has.
class ComparisonAnswerer {
 public:
  explicit ComparisonAnswerer(const fleet::Fleet& fleet) : fleet_(fleet) {}

  void Receive(const Ranges& ranges, std::string& out);
  void Receive(const Leaves& leaves, std::string& out);
  // Returns how many rows it sends.
  std::uint64_t Receive(const Leaf& leaf, const fleet::Cursors& settled, std::string& out);

 private:
  const fleet::Fleet& fleet_;
  std::optional<std::size_t> range_;        // the last one that was asked about
  std::vector<fleet::ClientHash> clients_;  // of its leaves that differ
};

}  // namespace herd::flood
