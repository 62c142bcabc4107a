#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "fleet/feed.h"
#include "fleet/row.h"
#include "fleet/row_table.h"
#include "wire/at.h"

namespace herd::fleet {

class Follower;

// What became of a report.
enum class Applied {
  kStored,  // it won: the row and the change feed changed
  kOlder,   // the row holds a greater one; nothing changed
  kKnown,   // the row holds this very report; nothing changed
};

// Where every client is, and the feed of changes.
//
// Rows are spread over stripes by client, each with a lock and a feed of its own, so that threads
// seldom meet. Every function may be called from any thread. Followers must be gone before the
// fleet.
class Fleet {
 public:
  static constexpr std::size_t kStripes = 64;

  Fleet() = default;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Stores `at` when it wins against the row of its client, and wakes the followers.
  Applied Apply(const wire::At& at, LinkId from);

  // Calls `read` with the client's row, under the stripe's lock: it must be short and must not call
  // the fleet. False when the client is unknown.
  template <typename Read>
  bool Find(std::string_view client, Read&& read) const {
    const std::size_t hash = HashOf(client);
    const Stripe& stripe = stripes_[StripeOf(hash)];
    const std::lock_guard lock(stripe.mutex);
    const Row* row = stripe.rows.Find(client, hash);
    if (row == nullptr) return false;
    read(*row);
    return true;
  }

  // How many clients are known.
  std::size_t size() const;

 private:
  friend class Follower;

  // A cache line of its own, so that the locks of two stripes never share one.
  struct alignas(64) Stripe {
    mutable std::mutex mutex;
    RowTable rows;
    Feed feed;
    std::vector<Follower*> followers;
  };

  std::array<Stripe, kStripes> stripes_;

  // The highest bits: RowTable finds its way by the lower ones.
  static std::size_t StripeOf(std::size_t hash) { return hash >> 58U; }
  static_assert(kStripes == 64 && sizeof(std::size_t) == 8);
};

}  // namespace herd::fleet
