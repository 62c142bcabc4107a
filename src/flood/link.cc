#include "flood/link.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <variant>

#include "fleet/planted.h"

namespace herd::flood {

using fleet::Fault;
using fleet::Planted;

namespace {

// So much of a backlog is sent at a time.
constexpr std::size_t kBacklogBytesMin = 32'768;
constexpr std::size_t kBacklogBytesMax = 4'194'304;

// A neighbour that lives but answers no PING: what earlier ones would acknowledge is forgotten.
constexpr std::size_t kProbesMax = 64;

// So often in a heartbeat announced rows are asked for.
constexpr int kTicksPerHeartbeat = 10;

// All of the topology is told again after so many: what a server refused since its clock was wrong
// comes to it once it is right.
constexpr int kTopologyHeartbeats = 60;

// An announced row is waited for, for this part of a heartbeat, before it is asked for: with what
// announcing takes, and asking, it comes well within one. Where rows take longer than that because
// the herd is busy, asking would only add to it: then for up to so many heartbeats.
constexpr int kWaitForOthersShare = 4;
constexpr int kWaitHeartbeatsMax = 2;

std::chrono::nanoseconds WaitMin(const LinkTiming& timing) {
  return timing.heartbeat / kWaitForOthersShare;
}

constexpr std::size_t kNeedMax = 4096;

// So much of what is to be confirmed is sent at a time, beside what else there is room for.
constexpr std::size_t kConfirmBytes = 32'768;

// A comparison in a healthy herd finds nothing. Where it finds rows each time the other side does
// not take them: its fleet is full, or does not believe them. All of them would go over the link in
// each interval; so they wait for twice as long each time, up to so many intervals.
constexpr int kCompareWaitMax = 16;

}  // namespace

LinkCounters& LinkCounters::operator+=(const LinkCounters& other) {
  rows_out += other.rows_out;
  rows_in += other.rows_in;
  rows_in_known += other.rows_in_known;
  rows_in_older += other.rows_in_older;
  rows_in_expired += other.rows_in_expired;
  rows_in_full += other.rows_in_full;
  rows_in_ahead += other.rows_in_ahead;
  rows_in_unknown_servers += other.rows_in_unknown_servers;
  catch_up_rows_out += other.catch_up_rows_out;
  catch_up_rows_in += other.catch_up_rows_in;
  rows_caught_up += other.rows_caught_up;
  repairs += other.repairs;
  comparisons += other.comparisons;
  announced_out += other.announced_out;
  announced_in += other.announced_in;
  needed += other.needed;
  messages_unknown += other.messages_unknown;
  links_ignored += other.links_ignored;
  messages_out_of_turn += other.messages_out_of_turn;
  rows_unsendable += other.rows_unsendable;
  return *this;
}

Link::Link(fleet::Fleet& fleet, Topology& topology, const Start& start, std::function<void()> wake,
           std::string& out)
    : fleet_(fleet),
      topology_(topology),
      start_(start),
      wake_(std::move(wake)),
      announcer_(start.timing.heartbeat, start.now),
      wait_for_others_(WaitMin(start.timing)),
      last_tick_(start.now),
      last_heard_(start.now),
      last_ping_(start.now),
      last_comparison_(start.now),
      last_topology_(start.now),
      agreement_(start.agreement),
      follower_(fleet, wake_),
      opened_(follower_.cursors()),
      acknowledged_(start.acknowledged),
      backlog_pace_(kBacklogBytesMin, kBacklogBytesMax),
      settled_(follower_.cursors()),
      settling_(settled_),
      answerer_(fleet) {
  if (Planted(Fault::kCursorOffByOne) && acknowledged_) {
    for (fleet::ChangeNumber& cursor : *acknowledged_)
      cursor = fleet::ChangeNumber{std::to_underlying(cursor) + 1};
  }
  agreement_.Greet(out);
  if (acknowledged_) {
    backlog_.emplace(fleet_, *acknowledged_, follower_.cursors());
    Append(out, Resume{});
  } else {
    Append(out, Compare{});
    NeedComparison(start.now);
  }
}

std::expected<void, Link::End> Link::Receive(std::string_view line, Instant now) {
  last_heard_ = now;
  const Message message = ParseMessage(line);
  if (std::holds_alternative<Bye>(message)) return std::unexpected(End::kBye);
  std::visit([&](const auto& known) { On(known, now); }, message);
  return {};
}

template <typename Other>
void Link::On(const Other& /*message*/, Instant /*now*/) {
  // One bad row must not cost the link, and with it every good one.
  ++counters_.messages_unknown;
}

void Link::On(const wire::At& at, Instant /*now*/) {
  ++counters_.rows_in;
  // Others brought it after all, only later: a busy herd is given more time.
  if (Take(at) == fleet::Applied::kKnown)
    wait_for_others_ = std::min(2 * wait_for_others_, kWaitHeartbeatsMax * start_.timing.heartbeat);
}

void Link::On(const CaughtUp& row, Instant /*now*/) {
  ++counters_.catch_up_rows_in;
  if (Take(row.at) != fleet::Applied::kStored) return;
  ++counters_.rows_caught_up;
  // One that was announced would have been asked for.
  if (repairing_ && !announced_.contains(fleet::HashClient(fleet_.key(), row.at.client)))
    ++counters_.repairs;
}

fleet::Applied Link::Take(const wire::At& at) {
  const fleet::Applied applied = fleet_.Apply(at, start_.id);
  switch (applied) {
    case fleet::Applied::kStored:
      break;
    case fleet::Applied::kKnown:
      ++counters_.rows_in_known;
      break;
    case fleet::Applied::kOlder:
      ++counters_.rows_in_older;
      break;
    case fleet::Applied::kExpired:
      ++counters_.rows_in_expired;
      break;
    case fleet::Applied::kFull:
      ++counters_.rows_in_full;
      break;
    case fleet::Applied::kAhead:
      ++counters_.rows_in_ahead;
      break;
    case fleet::Applied::kUnknownServer:
      ++counters_.rows_in_unknown_servers;
      break;
  }
  return applied;
}

void Link::On(Ping ping, Instant /*now*/) {
  pong_due_ = ping.number;
}

void Link::On(Pong pong, Instant now) {
  while (!probes_.empty() && probes_.front().number <= pong.number) {
    const Sounding& probe = probes_.front();
    if (probe.sent && !comparing_) Acknowledge(*probe.sent, now);
    if (probe.backlog_bytes > 0) {
      backlog_pace_.Answered(probe.at, now, probe.backlog_bytes);
      backlog_waits_ = false;
    }
    if (probe.round != 0) start_.confirmations->Confirm(probe.round, start_.neighbour, now);
    if (probe.number == pong.number) {
      round_trip_ = now - probe.at;
      agreement_.Receive(pong.clock, start_.wall_clock(), *round_trip_);
    }
    answered_ = probe.number;
    probes_.pop_front();
  }
}

void Link::Acknowledge(const fleet::Cursors& sent, Instant now) {
  acknowledging_.emplace_back(now, sent);
  const bool all_were_sent = now - announcer_.last() >= start_.timing.heartbeat;
  while (!acknowledging_.empty() &&
         (all_were_sent || acknowledging_.front().first + start_.timing.heartbeat <= now)) {
    acknowledged_ = acknowledging_.front().second;
    acknowledging_.pop_front();
  }
}

void Link::CountTurn(bool in_turn) {
  if (!in_turn) ++counters_.messages_out_of_turn;
}

void Link::On(const Settings& settings, Instant /*now*/) {
  agreement_.Receive(settings);
}

void Link::On(Resume /*resume*/, Instant /*now*/) {
  CountTurn(!std::exchange(begun_, true));
}

void Link::On(Resumed /*resumed*/, Instant /*now*/) {
  if (!comparing_) got_all_ = true;
}

void Link::On(Compare /*compare*/, Instant now) {
  if (std::exchange(begun_, true)) return CountTurn(false);
  if (!comparing_) NeedComparison(now);
}

void Link::NeedComparison(Instant now) {
  comparing_ = true;
  backlog_.reset();
  backlog_waits_ = false;
  acknowledged_.reset();
  acknowledging_.clear();
  if (start_.leads) StartComparison(now);
}

void Link::StartComparison(Instant now) {
  last_comparison_ = now;
  rows_at_comparison_ = CatchUpRows();
  repairing_ = !comparing_;
  const auto order = fleet::HashClient(fleet_.key(), topology_.self() + ' ' + start_.neighbour);
  comparison_.emplace(fleet_, settled_, std::to_underlying(order));
}

void Link::EndComparison() {
  const bool found_rows = repairing_ && CatchUpRows() != rows_at_comparison_;
  compare_wait_ = found_rows ? std::min(2 * compare_wait_, kCompareWaitMax) : 1;
  ++counters_.comparisons;
  comparing_ = false;
  sent_all_ = true;
  got_all_ = true;
}

void Link::On(const Ranges& ranges, Instant /*now*/) {
  if (start_.leads) return CountTurn(comparison_ && comparison_->Receive(ranges));
  const bool in_turn = answerer_.Receive(ranges);
  if (in_turn) repairing_ = !comparing_;
  CountTurn(in_turn);
}

void Link::On(const Leaves& leaves, Instant /*now*/) {
  CountTurn(answerer_.Receive(leaves));
}

void Link::On(const Differ& differ, Instant /*now*/) {
  CountTurn(comparison_ && comparison_->Receive(differ));
}

void Link::On(const Leaf& leaf, Instant /*now*/) {
  CountTurn(answerer_.Receive(leaf, settled_));
}

void Link::On(const Want& want, Instant now) {
  CountTurn(comparison_ && comparison_->Receive(want, now));
}

void Link::On(Compared /*compared*/, Instant /*now*/) {
  const bool in_turn = answerer_.End();
  if (in_turn) EndComparison();
  CountTurn(in_turn);
}

// Says what the neighbour asked for, as far as there is room.
void Link::Answer(Instant now, std::string& out, std::size_t bytes_max) {
  std::array<fleet::ClientHash, fleet::Fleet::kPrefetched> clients;
  while (!asked_for_.empty() && out.size() < bytes_max) {
    std::size_t count = 0;
    while (count < clients.size() && !asked_for_.empty()) clients[count++] = asked_for_.Take();
    fleet_.FindRows({clients.data(), count},
                    [&](fleet::ClientHash, const fleet::Row& row) { Send(row, out); });
  }
  if (comparison_) {
    counters_.catch_up_rows_out += comparison_->Send(now, out, bytes_max);
    if (comparison_->done()) {
      comparison_.reset();
      EndComparison();
    }
  }
  counters_.catch_up_rows_out += answerer_.Send(settled_, out, bytes_max);
}

void Link::On(const LinksOf& links, Instant /*now*/) {
  const std::uint64_t before = topology_.change();
  if (!topology_.Take(links.server, links.version, links.neighbours, start_.wall_clock()))
    ++counters_.links_ignored;
  if (topology_.change() != before) wake_();
}

void Link::On(const Have& have, Instant now) {
  counters_.announced_in += have.rows.size();
  std::vector<fleet::ClientHash> clients;
  clients.reserve(fleet::Fleet::kPrefetched);
  for (std::span<const Announced> rows = have.rows; !rows.empty();) {
    const auto next = rows.first(std::min(fleet::Fleet::kPrefetched, rows.size()));
    clients.clear();
    for (const Announced& row : next) clients.push_back(row.client);
    fleet_.Prefetch(clients);
    for (const Announced& row : next) {
      if (!Lacks(row) || announced_.size() >= kMissingMax) continue;
      const bool is_new = announced_.insert_or_assign(row.client, row).second;
      if (is_new) missing_.push_back({row.client, now + wait_for_others_});
    }
    rows = rows.subspan(next.size());
  }
}

bool Link::Lacks(const Announced& announced) const {
  // A client that there is no room for is not asked for.
  bool lacks = !fleet_.full_for_neighbours();
  fleet_.FindRow(announced.client, [&](const fleet::Row& row) {
    const auto order = row.effective_time() <=> announced.effective_time;
    lacks = order < 0 ||
            (order == 0 && announced != AnnouncementOf(fleet_.key(), announced.client, row));
  });
  return lacks;
}

void Link::AskForMissing(Instant now, std::string& out) {
  Need need;
  while (!missing_.empty() && missing_.front().due <= now && need.clients.size() < kNeedMax) {
    const auto announced = announced_.find(missing_.front().client);
    if (Lacks(announced->second)) need.clients.push_back(announced->first);
    announced_.erase(announced);
    missing_.pop_front();
  }
  if (need.clients.empty()) return;
  counters_.needed += need.clients.size();
  Append(out, need);
}

// Only what has changed since the link is up can have been announced over it.
void Link::On(const Need& need, Instant /*now*/) {
  bool in_turn = true;
  fleet_.FindRows(need.clients, [&](fleet::ClientHash client, const fleet::Row& row) {
    const bool announced = row.change() > opened_[fleet::RangeOf(client)];
    if (!announced || !asked_for_.Add(client)) in_turn = false;
  });
  CountTurn(in_turn);
}

void Link::Send(const fleet::Row& row, std::string& out) {
  ++(AppendAtLine(out, row) ? counters_.rows_out : counters_.rows_unsendable);
}

std::expected<void, Link::End> Link::Tick(Instant now, std::string& out) {
  last_tick_ = now;
  if (now - last_heard_ >= start_.timing.silence_max) return std::unexpected(End::kSilent);
  if (now - last_ping_ >= start_.timing.heartbeat) {
    last_ping_ = now;
    SendProbe(now, 0, out);
    settled_ = std::exchange(settling_, follower_.cursors());
    wait_for_others_ = std::max(wait_for_others_ / 2, WaitMin(start_.timing));
  }
  if (now - last_topology_ >= kTopologyHeartbeats * start_.timing.heartbeat) {
    last_topology_ = now;
    topology_sent_ = 0;
  }
  const bool at_rest = caught_up() && !comparison_ && !follower_.pending() && missing_.empty();
  const bool compare_again =
      start_.leads && at_rest && agreement_.reached() &&
      start_.timing.compare_interval > std::chrono::nanoseconds::zero() &&
      now - last_comparison_ >= compare_wait_ * start_.timing.compare_interval;
  if (compare_again) StartComparison(now);
  return {};
}

Instant Link::next_tick() const {
  const Instant next = last_tick_ + start_.timing.heartbeat / kTicksPerHeartbeat;
  return announcer_.at_work() ? std::min(next, announcer_.next()) : next;
}

void Link::SendProbe(Instant now, std::size_t backlog_bytes, std::string& out) {
  // The one behind a piece of the backlog stays: the next piece waits for its answer.
  if (probes_.size() == kProbesMax)
    probes_.erase(std::ranges::find(probes_, 0U, &Sounding::backlog_bytes));
  probes_.push_back({++probe_number_, now, Sent(), backlog_bytes, asked_round_});
  Append(out, Ping{probe_number_});
}

std::optional<fleet::Cursors> Link::Sent() const {
  if (comparing_) return std::nullopt;
  return backlog_ ? backlog_->cursors() : follower_.cursors();
}

bool Link::Forwards(const fleet::Row& row) {
  if (forwards_as_of_ != topology_.change()) {
    forwards_.clear();
    forwards_as_of_ = topology_.change();
  }
  const std::optional<fleet::ServerNumber> origin = row.server_number();
  if (!origin) return topology_.Forwards(row.server(), start_.neighbour);
  const auto place = static_cast<std::size_t>(*origin);
  if (place >= forwards_.size()) forwards_.resize(place + 1);
  if (!forwards_[place]) forwards_[place] = topology_.Forwards(row.server(), start_.neighbour);
  return *forwards_[place];
}

void Link::Flood(Instant now, std::string& out, std::size_t bytes_max) {
  if (out.size() >= bytes_max) return;
  SendTopology(out);
  Answer(now, out, (out.size() + bytes_max) / 2);
  if (pong_due_) Append(out, Pong{*std::exchange(pong_due_, std::nullopt), start_.wall_clock()});
  if (IsToAsk(now)) AskForMissing(now, out);
  follower_.Read([&](const fleet::Row& row) {
    if (row.from() == start_.id) return true;
    if (Planted(Fault::kForgetToForward) && row.from() == fleet::LinkId{0}) return true;
    if (Planted(Fault::kSkipTombstone) && row.forgotten()) return true;
    if (Forwards(row)) {
      Send(row, out);
    } else {
      const auto client = fleet::HashClient(fleet_.key(), row.client());
      announcer_.Add(AnnouncementOf(fleet_.key(), client, row));
    }
    return out.size() < bytes_max;
  });
  if (IsToAskToConfirm()) AskToConfirm(now, out, std::max(bytes_max, out.size() + kConfirmBytes));
  counters_.announced_out += announcer_.Announce(now, out, bytes_max);
  Answer(now, out, bytes_max);
  if (backlog_ && !backlog_waits_ && out.size() < bytes_max) FloodBacklog(now, out, bytes_max);
}

bool Link::IsToAskToConfirm() const {
  if (start_.confirmations == nullptr) return false;
  const std::uint64_t round = start_.confirmations->round();
  return round != 0 && round != asked_round_;
}

void Link::AskToConfirm(Instant now, std::string& out, std::size_t bytes_max) {
  const std::uint64_t round = start_.confirmations->round();
  if (std::exchange(asking_round_, round) != round) asking_next_ = 0;
  const std::vector<fleet::ClientHash>& clients = start_.confirmations->clients();
  while (asking_next_ < clients.size()) {
    if (out.size() >= bytes_max) return;
    const fleet::ClientHash client = clients[asking_next_++];
    fleet_.FindRow(client, [&](const fleet::Row& row) {
      // What came over this link is there; and so are the reports of our own clients, once the
      // flood has come to them. Others it may only have announced.
      const std::size_t range = fleet::RangeOf(client);
      const bool flooded = row.change() > opened_[range] &&
                           row.change() <= follower_.cursors()[range] &&
                           row.from() == fleet::kFromClient;
      const bool came_from_there = row.change() > opened_[range] && row.from() == start_.id;
      if (!flooded && !came_from_there) Send(row, out);
    });
  }
  asked_round_ = round;
  SendProbe(now, 0, out);
}

void Link::SendTopology(std::string& out) {
  for (const Topology::Named& links : topology_.After(topology_sent_)) Append(out, links);
  topology_sent_ = topology_.change();
}

void Link::FloodBacklog(Instant now, std::string& out, std::size_t bytes_max) {
  const std::size_t start = out.size();
  const std::size_t end = std::min(start + backlog_pace_.window(), bytes_max);
  backlog_->Read([&](const fleet::Row& row) {
    if (row.from() == start_.id) return true;
    ++(AppendRow(out, row) ? counters_.catch_up_rows_out : counters_.rows_unsendable);
    return out.size() < end;
  });
  if (backlog_->done()) {
    backlog_.reset();
    sent_all_ = true;
    Append(out, Resumed{});
  }
  backlog_waits_ = true;
  SendProbe(now, out.size() - start, out);
}

}  // namespace herd::flood
