#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "fleet/row.h"
#include "flood/message.h"

namespace herd::flood {

using Instant = std::chrono::steady_clock::time_point;

struct LinkTiming {
  std::chrono::nanoseconds heartbeat;    // between two PINGs
  std::chrono::nanoseconds silence_max;  // a neighbour that says nothing for longer is lost
};

// What went over a link since it came up.
struct LinkCounters {
  std::uint64_t rows_out = 0;
  std::uint64_t rows_in = 0;
  std::uint64_t rows_in_known = 0;     // duplicates: the very report that the fleet held
  std::uint64_t rows_in_older = 0;     // lost against the row that the fleet held
  std::uint64_t rows_in_expired = 0;   // received before the fleet's horizon
  std::uint64_t messages_unknown = 0;  // ignored: not a message, or an AT that breaks the rules

  LinkCounters& operator+=(const LinkCounters& other);
};

// One open link to a neighbour: takes its reports into the fleet, hands it ours, and notices when
// it falls silent.
//
// A machine without socket, clock or thread: lines and times go in, bytes come out by the `out`
// that is passed. One thread at a time. `fleet` outlives it.
class Link {
 public:
  // Why a link must be closed.
  enum class End {
    kBye,     // the neighbour ends
    kSilent,  // nothing came for LinkTiming::silence_max
  };

  // `id`: what rows that come over this link are marked with. `wake` is called, from any thread and
  // under a lock of the fleet, when there is something to Flood again.
  Link(fleet::Fleet& fleet, fleet::LinkId id, LinkTiming timing, Instant now,
       std::function<void()> wake);

  // Takes one line without its LF, at most kMessageBytesMax long.
  std::expected<void, End> Receive(std::string_view line, Instant now, std::string& out);

  // To be called at next_tick() or soon after.
  std::expected<void, End> Tick(Instant now, std::string& out);
  Instant next_tick() const;

  // Appends the newest row of every client that changed, but not those that came over this link,
  // until `out` is `bytes_max` long or a little more. What is left then stays for the next call.
  void Flood(std::string& out, std::size_t bytes_max);

  // Whether Flood has something to look at. Any thread.
  bool pending() const { return follower_.pending(); }

  // The last message, before we close the connection ourselves.
  static void SayBye(std::string& out) { Append(out, Bye{}); }

  // How many changed rows Flood has still to look at (fleet::Follower::lag).
  std::size_t lag() const { return follower_.lag(); }

  const LinkCounters& counters() const { return counters_; }
  // Of the last PING that was answered.
  std::optional<std::chrono::nanoseconds> round_trip() const { return round_trip_; }

 private:
  fleet::Fleet& fleet_;
  const fleet::LinkId id_;
  const LinkTiming timing_;
  Instant last_heard_;
  Instant last_ping_;
  std::uint64_t ping_number_ = 0;
  std::optional<std::chrono::nanoseconds> round_trip_;
  LinkCounters counters_;
  fleet::Follower follower_;

  void Take(const wire::At& at);
};

}  // namespace herd::flood
