#pragma once

#include <absl/container/flat_hash_map.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/backlog.h"
#include "fleet/fleet.h"
#include "fleet/follower.h"
#include "fleet/row.h"
#include "flood/agreement.h"
#include "flood/announcer.h"
#include "flood/asked_for.h"
#include "flood/comparison.h"
#include "flood/confirmations.h"
#include "flood/message.h"
#include "flood/pace.h"
#include "flood/topology.h"

namespace herd::flood {

struct LinkTiming {
  std::chrono::nanoseconds heartbeat;         // between two PINGs
  std::chrono::nanoseconds silence_max;       // a neighbour that says nothing for longer is lost
  std::chrono::nanoseconds compare_interval;  // between two comparisons; 0: only to catch up
};

// What went over a link since it came up.
struct LinkCounters {
  std::uint64_t rows_out = 0;
  std::uint64_t rows_in = 0;
  std::uint64_t rows_in_known = 0;    // duplicates: the very report that the fleet held
  std::uint64_t rows_in_older = 0;    // lost against the row that the fleet held
  std::uint64_t rows_in_expired = 0;  // received too long ago
  // Not kept, since there was no room or they were not believed (fleet::Bounds):
  std::uint64_t rows_in_full = 0;             // of new clients
  std::uint64_t rows_in_ahead = 0;            // received in the future
  std::uint64_t rows_in_unknown_servers = 0;  // by servers that are none of the herd
  std::uint64_t catch_up_rows_out = 0;        // sent because the neighbour may have missed them
  std::uint64_t catch_up_rows_in = 0;
  std::uint64_t rows_caught_up = 0;  // of those that came, won
  std::uint64_t repairs = 0;         // of those, found after both sides had caught up: a fault
  std::uint64_t comparisons = 0;     // finished
  std::uint64_t announced_out = 0;   // rows that the neighbour was only told of
  std::uint64_t announced_in = 0;
  std::uint64_t needed = 0;  // of those that came, asked for since nobody else brought them
  std::uint64_t messages_unknown = 0;  // ignored: not a message, or an AT that breaks the rules
  std::uint64_t links_ignored = 0;     // LINKS that the configuration or the clock contradicts
  // Ignored, since they may not come now, or more was asked for than a neighbour may:
  std::uint64_t messages_out_of_turn = 0;
  std::uint64_t rows_unsendable = 0;  // left out: longer than a message may be

  LinkCounters& operator+=(const LinkCounters& other);
};

// One open link to a neighbour: brings both sides to the same rows, takes the neighbour's reports
// into the fleet, hands it ours, and notices when it falls silent.
//
// Two streams go out. The live flood follows the feed from the moment the link is open. What the
// neighbour missed before comes beside it, little by little: when we know what it has, the backlog
// of the feed from there; when we or it do not, what a comparison finds.
//
// A live row goes over the links of its tree only (Topology). Over the others it is announced, a
// few times in each heartbeat, and who has not got it some time after that asks for it: so each row
// comes to each server once, and when a link of the tree is cut, late by less than a heartbeat
// until the tree is another.
//
// What comes in changes only what is to be said: some state of bounded size. Flood says it, as much
// as there is room for, whenever all that was said before has been handed over. So output is
// bounded whatever a neighbour asks for, and however fast; and a link takes in what comes though it
// has much to say itself (but see full()), so that two links that both have do not wait for each
// other for ever.
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

  struct Start {
    fleet::LinkId id;  // what rows that come over this link are marked with
    std::string neighbour;
    bool leads;  // leads comparisons: true at exactly one end
    // What the neighbour has for certain, if this run of it and this run of ours have met before:
    // acknowledged() of the last link.
    std::optional<fleet::Cursors> acknowledged;
    Confirmations* confirmations = nullptr;  // null: nobody waits for any; outlives the link
    LinkTiming timing;
    // The wall clock, which may be wrong and may jump. On the link's thread.
    std::function<wire::UnixNanos()> wall_clock;
    Agreement::Expected agreement;
    Instant now;
  };

  // `wake` is called when there is something to Flood again, on this link or, when the topology has
  // changed, on all: from any thread and under a lock of the fleet. `topology` outlives the link,
  // and has been told that it is up.
  Link(fleet::Fleet& fleet, Topology& topology, const Start& start, std::function<void()> wake,
       std::string& out);

  // Takes one line without its LF, at most kMessageBytesMax long.
  std::expected<void, End> Receive(std::string_view line, Instant now);

  // Whether Receive is not to be called until Flood has said some of what is to be said. Only the
  // end that does not lead is ever full: the other goes on reading, and so makes room for it.
  bool full() const { return answerer_.full(); }

  // To be called at next_tick() or soon after. Appends a PING at most.
  std::expected<void, End> Tick(Instant now, std::string& out);
  Instant next_tick() const;

  // Appends what was asked for, for half of the room at most; the newest row of every client that
  // changed, but not those that came over this link; then, if there is room, some of the backlog:
  // until `out` is `bytes_max` long, or kOvershootMax more. What is left stays for the next call.
  // To be called after Receive and after Tick.
  void Flood(Instant now, std::string& out, std::size_t bytes_max);

  // Whether Flood would send something.
  bool pending(Instant now) const {
    return topology_sent_ != topology_.change() || follower_.pending() || announcer_.due(now) ||
           IsToAskToConfirm() || pong_due_ || !asked_for_.empty() || IsToAsk(now) ||
           answerer_.pending() || (comparison_ && comparison_->pending());
  }

  // How much more than `bytes_max` Flood may append: a message, and what has room of its own
  // (announcements, what is to be confirmed, NEED, PING and PONG). Topology comes on top of that.
  static constexpr std::size_t kOvershootMax = kMessageBytesMax + 131'072;

  // What is announced, lacked and not asked for yet; what there is more is left to comparisons.
  static constexpr std::size_t kMissingMax = 1'000'000;

  // Whether there are changed rows that Flood has not looked at yet.
  bool has_live() const { return follower_.pending(); }

  // Whether both sides have all rows that either had when the link came up.
  bool caught_up() const { return sent_all_ && got_all_; }

  // Up to where the neighbour has our rows for certain; nothing while it may lack any from before.
  const std::optional<fleet::Cursors>& acknowledged() const { return acknowledged_; }

  // The last message, before we close the connection ourselves.
  static void SayBye(std::string& out) { Append(out, Bye{}); }

  // How many changed rows Flood has still to look at (fleet::Follower::lag).
  std::size_t lag() const { return follower_.lag(); }

  const LinkCounters& counters() const { return counters_; }
  const Agreement& agreement() const { return agreement_; }
  // Appends a PING; its number. The neighbour lives if answered() comes to that.
  std::uint64_t Probe(Instant now, std::string& out) {
    SendProbe(now, 0, out);
    return probe_number_;
  }
  std::uint64_t answered() const { return answered_; }

  // Of the last PING that was answered.
  std::optional<std::chrono::nanoseconds> round_trip() const { return round_trip_; }

 private:
  // A PING that is not answered yet, and what is acknowledged by its answer.
  struct Sounding {
    std::uint64_t number;
    Instant at;
    std::optional<fleet::Cursors> sent;
    std::size_t backlog_bytes;  // sent right before it
    std::uint64_t round;        // of Confirmations: what it asked for was sent before
  };

  // A client of whom a row was announced that we lack.
  struct Missing {
    fleet::ClientHash client;
    Instant due;  // to ask for it
  };

  fleet::Fleet& fleet_;
  Topology& topology_;
  const Start start_;
  const std::function<void()> wake_;
  std::uint64_t topology_sent_ = 0;  // up to this change
  // What Topology::Forwards says of our neighbour, by the origin's number, as of a change of it.
  std::vector<std::optional<bool>> forwards_;
  std::uint64_t forwards_as_of_ = 0;
  AskedFor asked_for_;
  Announcer announcer_;  // of what was read from the feed, and is not to be sent
  std::deque<Missing> missing_;
  absl::flat_hash_map<fleet::ClientHash, Announced> announced_;  // the newest, of those
  std::chrono::nanoseconds wait_for_others_;  // from the announcement until we ask
  Instant last_tick_;
  Instant last_heard_;
  Instant last_ping_;
  Instant last_comparison_;
  Instant last_topology_;  // when all of it was sent
  std::uint64_t probe_number_ = 0;
  std::deque<Sounding> probes_;
  std::uint64_t answered_ = 0;             // the number of the last PING that was
  std::optional<std::uint64_t> pong_due_;  // the last PING that came: its answer answers all
  std::optional<std::chrono::nanoseconds> round_trip_;
  Agreement agreement_;
  LinkCounters counters_;
  fleet::Follower follower_;
  const fleet::Cursors opened_;    // what changed after this has been flooded live
  std::uint64_t asked_round_ = 0;  // of Confirmations
  // Of the one being asked for, so many clients' rows have been looked at:
  std::uint64_t asking_round_ = 0;
  std::size_t asking_next_ = 0;
  std::optional<fleet::Cursors> acknowledged_;
  // Acknowledged, but some of it was only announced: counts once it would have been asked for.
  std::deque<std::pair<Instant, fleet::Cursors>> acknowledging_;
  std::optional<fleet::Backlog> backlog_;  // what the neighbour is still to be sent
  Pace backlog_pace_;                      // in bytes
  bool backlog_waits_ = false;             // for the answer to the last of it
  fleet::Cursors settled_;  // what changed up to here went over the link a heartbeat ago or earlier
  fleet::Cursors settling_;                     // what settled_ is next
  std::optional<ComparisonLeader> comparison_;  // while we lead one
  ComparisonAnswerer answerer_;
  bool begun_ = false;      // RESUME or COMPARE has come
  bool sent_all_ = false;   // the neighbour has what it may have missed
  bool got_all_ = false;    // we have what we may have missed
  bool comparing_ = false;  // that is for a comparison to do
  bool repairing_ = false;  // a comparison is made though nothing can have been missed
  int compare_wait_ = 1;    // so many intervals until the next
  std::uint64_t rows_at_comparison_ = 0;  // catch-up rows in and out, when the last one began

  fleet::Applied Take(const wire::At& at);
  void NeedComparison(Instant now);
  void StartComparison(Instant now);
  void EndComparison();
  std::uint64_t CatchUpRows() const {
    return counters_.catch_up_rows_in + counters_.catch_up_rows_out;
  }
  void CountTurn(bool in_turn);
  void Answer(Instant now, std::string& out, std::size_t bytes_max);
  void SendProbe(Instant now, std::size_t backlog_bytes, std::string& out);
  void FloodBacklog(Instant now, std::string& out, std::size_t bytes_max);
  std::optional<fleet::Cursors> Sent() const;
  void Acknowledge(const fleet::Cursors& sent, Instant now);
  void SendTopology(std::string& out);
  bool IsToAsk(Instant now) const { return !missing_.empty() && missing_.front().due <= now; }
  void AskForMissing(Instant now, std::string& out);
  bool Lacks(const Announced& announced) const;
  bool Forwards(const fleet::Row& row);
  bool IsToAskToConfirm() const;
  void AskToConfirm(Instant now, std::string& out, std::size_t bytes_max);
  void Send(const fleet::Row& row, std::string& out);

  // What each message means, when it may come at all.
  template <typename Other>
  void On(const Other& message, Instant now);
  void On(const wire::At& at, Instant now);
  void On(const CaughtUp& row, Instant now);
  void On(Ping ping, Instant now);
  void On(Pong pong, Instant now);
  void On(const Settings& settings, Instant now);
  void On(Resume resume, Instant now);
  void On(Resumed resumed, Instant now);
  void On(Compare compare, Instant now);
  void On(const Ranges& ranges, Instant now);
  void On(const Leaves& leaves, Instant now);
  void On(const Differ& differ, Instant now);
  void On(const Leaf& leaf, Instant now);
  void On(const Want& want, Instant now);
  void On(Compared compared, Instant now);
  void On(const LinksOf& links, Instant now);
  void On(const Have& have, Instant now);
  void On(const Need& need, Instant now);
};

}  // namespace herd::flood
