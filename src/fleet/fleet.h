#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/bounds.h"
#include "fleet/digest.h"
#include "fleet/feed.h"
#include "fleet/hash.h"
#include "fleet/near_index.h"
#include "fleet/row.h"
#include "fleet/row_table.h"
#include "fleet/stripe_lock.h"
#include "geo/distance.h"
#include "geo/lat_lng.h"
#include "wire/at.h"

namespace herd::fleet {

class Backlog;
class Follower;
class NearSearch;

// What became of a report.
enum class Applied {
  kStored,   // it won: the row and the change feed changed
  kOlder,    // the row holds a greater one; nothing changed
  kKnown,    // the row holds this very report; nothing changed
  kExpired,  // it was received before the horizon; nothing changed
  // Nothing changed, and it is not believed or there is no room for it (Bounds):
  kFull,           // its client is a new one
  kAhead,          // it was received in the future
  kUnknownServer,  // by a server that is none of the herd
};

// A place in the change feed of the whole fleet: one for each stripe.
using Cursors = std::array<ChangeNumber, kRanges>;

// From when on reports count, by their time of receipt: what was received earlier has expired.
struct Horizon {
  wire::UnixNanos rows{std::numeric_limits<std::int64_t>::min()};
  wire::UnixNanos tombstones{std::numeric_limits<std::int64_t>::min()};
};

// A client near a point.
struct NearClient {
  std::string client;
  std::string at_line;
  geo::Metres distance;
};

// What a search for near clients may look at.
struct NearBudget {
  std::size_t rows_max = std::numeric_limits<std::size_t>::max();
  std::size_t cells_max = std::numeric_limits<std::size_t>::max();  // of the grid, 1.2 km wide
  std::stop_token stop;  // nobody waits for the answer any more
  // Called each time that some rows or cells have been looked at, some ten microseconds of work,
  // and no lock is held: it may rest. May be empty.
  std::function<void()> pause;
};

struct NearAnswer {
  std::vector<NearClient> clients;
  // Whether all was looked at that had to be. If not there may be others, and nearer ones, but none
  // nearer than `searched` is missing.
  bool complete = true;
  geo::Metres searched{0};
  std::size_t rows = 0;   // looked at
  std::size_t cells = 0;  // looked up
};

// Where every client is, and the feed of changes.
//
// Rows are spread over stripes by client, each with a lock, a feed and digests of its own, so that
// threads seldom meet. A stripe is one of the ranges that servers compare. Every function may be
// called from any thread. Followers must be gone before the fleet.
class Fleet {
 public:
  static constexpr std::size_t kStripes = kRanges;

  explicit Fleet(const HashKey& key = {}, Bounds bounds = {});
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Stores `at` when it wins against the row of its client, and wakes the followers. `client` is
  // the hash of the client's ID. A row whose receipt has come to lie in the future, since the clock
  // was set back, loses against any report that does not.
  Applied Apply(const wire::At& at, ClientHash client, LinkId from) {
    return *TryApply(at, client, from, Receipt::kAny);
  }
  Applied Apply(const wire::At& at, LinkId from) {
    return Apply(at, HashClient(key_, at.client), from);
  }

  // Applies a report of a client of this server, which `make` makes of the time of its receipt: the
  // clock's, `now`; but later than that of the row which the fleet holds of this client, so that a
  // clock which is behind cannot make a later report lose against an earlier one. Then `make` is
  // called again.
  template <typename Make>
  Applied Report(ClientHash client, wire::UnixNanos now, Make&& make);

  // As many clients as the core fetches at a time, about.
  static constexpr std::size_t kPrefetched = 16;

  // Fetches what Apply and Find look at for these clients into the cache, for all of them at once:
  // for who is about to call them for each of some kPrefetched.
  void Prefetch(std::span<const ClientHash> clients) const;

  // Calls `read` with the client's row, under the stripe's lock: it must be short and must not call
  // the fleet. False when the client is unknown, forgotten or expired.
  template <typename Read>
  bool Find(std::string_view client, Read&& read) const;

  // The same by the client's hash, for a row of any kind.
  template <typename Read>
  bool FindRow(ClientHash client, Read&& read) const;

  // FindRow for each of these clients, whose rows are fetched ahead: `read` gets the client, too.
  template <typename Read>
  void FindRows(std::span<const ClientHash> clients, Read&& read) const;

  // The nearest clients within `radius` (0 or more) of `center`, nearest first and those that are
  // equally near by their IDs; at most `max`. Each is where it was at some moment of the call; one
  // that moves into another cell of the index meanwhile may be missing. Locks are held for some
  // microseconds at a time only, however many clients there are; all together it may take long.
  NearAnswer Nearest(const geo::LatLng& center, geo::Metres radius, std::size_t max,
                     const NearBudget& budget = {}) const;

  // How many clients are known.
  std::size_t size() const;

  // What it holds, and may hold. The bytes count each row with its places in the tables that lead
  // to it, as large as these ever are, and what it has on the heap; not what is the same for any
  // number of rows (under 2 MiB), nor memory that is reserved and was never used.
  Usage usage() const {
    return {.rows = rows_.load(std::memory_order_relaxed),
            .bytes = bytes_.load(std::memory_order_relaxed)};
  }
  const Bounds& bounds() const { return bounds_; }
  // Whether it takes no new client of its own; and none from neighbours either.
  bool full() const { return rows_left() == 0; }
  bool full_for_neighbours() const;
  // So many new clients it would take now, whose reports are kept as numbers.
  std::size_t rows_left() const;

  // A row of the usual shape: itself, its entry in the feed, its slots in the table and the index
  // just after these have grown, and its share of a block that is not full yet.
  static constexpr std::size_t kRowBytes = sizeof(Row) + 40;

  // Whether a receipt is further ahead of the clock than reports are believed. FollowClock is to be
  // called now and then, so that a clock that is set back is noticed.
  bool IsAhead(wire::UnixNanos receipt) const {
    return receipt.value > latest_.load(std::memory_order_relaxed) && receipt > FollowClock();
  }
  // Returns the latest receipt that is believed now.
  wire::UnixNanos FollowClock() const;

  // What was received before the horizon is unknown from now on.
  void SetHorizon(Horizon horizon);
  Horizon horizon() const;

  // Drops the expired rows of one stripe; takes as long as looking at each of its rows. Returns how
  // many they were.
  std::size_t DropExpired(std::size_t number);

  // Equal on two servers with the same key exactly when their rows are.
  Digest digest() const;
  RangeDigests range_digests() const;
  LeafDigests leaf_digests(std::size_t range) const;

  // The clients of those leaves of a range, tombstones among them, in the order of their hashes.
  std::vector<ClientHash> ClientsIn(std::size_t range, const std::bitset<kLeaves>& leaves) const;

  // The newest change of each stripe.
  Cursors newest() const;

  const HashKey& key() const { return key_; }

 private:
  friend class Backlog;
  friend class Follower;
  friend class NearSearch;

  // A cache line of its own, so that the locks of two stripes never share one.
  struct alignas(64) Stripe {
    mutable StripeLock mutex;
    RowTable rows;
    Feed feed;
    std::vector<Follower*> followers;
    LeafDigests digests;
    std::size_t tombstones = 0;

    Stripe(const HashKey& key, HugePages& memory) : rows(key, memory), feed(rows.rows(), memory) {}
  };

  const HashKey key_;
  const Bounds bounds_;
  HugePages memory_;
  const std::vector<std::unique_ptr<Stripe>> stripes_;  // kStripes of them
  NearIndex near_;
  std::atomic<std::int64_t> rows_horizon_ = Horizon{}.rows.value;
  std::atomic<std::int64_t> tombstones_horizon_ = Horizon{}.tombstones.value;

  // As usage() says; touched by new and ending rows, and by those that are not kept as numbers.
  alignas(64) std::atomic<std::size_t> rows_ = 0;
  std::atomic<std::size_t> bytes_ = 0;
  // The latest receipt that is believed, by the clock as of when it was last looked at.
  alignas(64) mutable std::atomic<std::int64_t> latest_ = std::numeric_limits<std::int64_t>::max();

  // What a report's receipt may be.
  enum class Receipt {
    kAny,       // that is not ahead
    kNotEarly,  // later than that of the client's row
  };
  // Nothing when its receipt may not be that.
  std::optional<Applied> TryApply(const wire::At& at, ClientHash client, LinkId from,
                                  Receipt receipt);

  // Just later than the receipt of the client's row, but not earlier than `now`.
  wire::UnixNanos ReceiptFor(ClientHash client, wire::UnixNanos now) const;

  bool Knows(std::string_view server) const;

  // Counts a new row, or a row's change from one heap size to another; false when there is no room.
  bool Reserve(std::size_t heap_bytes, LinkId from);
  bool ReserveMore(std::size_t heap_bytes_before, std::size_t heap_bytes);

  bool Expired(bool forgotten, wire::UnixNanos receipt) const {
    const auto& horizon = forgotten ? tombstones_horizon_ : rows_horizon_;
    return receipt.value < horizon.load(std::memory_order_relaxed);
  }
  bool Expired(const Row& row) const { return Expired(row.forgotten(), row.receipt()); }

  // Takes `row`, which is in the feed and that of a client of this hash, into the stripe's sums, or
  // out of them.
  static void Count(Stripe& stripe, ClientHash client, RowIndex row);
  static void Discount(Stripe& stripe, ClientHash client, RowIndex row);

  // Makes `at` the row's own, and moves it in the index if it must be.
  void Replace(RowRef ref, Row& row, const wire::At& at, LinkId from);
};

template <typename Make>
Applied Fleet::Report(ClientHash client, wire::UnixNanos now, Make&& make) {
  wire::UnixNanos receipt = now;
  while (true) {
    const std::optional<Applied> applied =
        TryApply(make(receipt), client, kFromClient, Receipt::kNotEarly);
    if (applied) return *applied;
    receipt = ReceiptFor(client, now);
  }
}

template <typename Read>
bool Fleet::Find(std::string_view client, Read&& read) const {
  const ClientHash hash = HashClient(key_, client);
  const Stripe& stripe = *stripes_[RangeOf(hash)];
  const std::lock_guard lock(stripe.mutex);
  const RowIndex found = stripe.rows.Find(client, hash);
  if (found == kNoRow) return false;
  const Row& row = stripe.rows[found];
  if (row.forgotten() || Expired(row)) return false;
  read(row);
  return true;
}

template <typename Read>
bool Fleet::FindRow(ClientHash client, Read&& read) const {
  const Stripe& stripe = *stripes_[RangeOf(client)];
  const std::lock_guard lock(stripe.mutex);
  const RowIndex found = stripe.rows.Find(client);
  if (found == kNoRow || Expired(stripe.rows[found])) return false;
  read(stripe.rows[found]);
  return true;
}

template <typename Read>
void Fleet::FindRows(std::span<const ClientHash> clients, Read&& read) const {
  while (!clients.empty()) {
    const auto next = clients.first(std::min(kPrefetched, clients.size()));
    Prefetch(next);
    for (const ClientHash client : next)
      FindRow(client, [&](const Row& row) { read(client, row); });
    clients = clients.subspan(next.size());
  }
}

}  // namespace herd::fleet
