#include "sim/server.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "journal/load_row.h"
#include "wire/at.h"
#include "wire/iso6709.h"

namespace herd::sim {
namespace {

// All runs begin at this time.
constexpr wire::UnixNanos kEpoch{1'600'000'000'000'000'000};

// What a system takes from a sender before it must wait, and how much is flooded at a time.
constexpr std::size_t kSocketBytes = 131'072;
constexpr std::size_t kFloodBytes = 65'536;

// A tombstone lives so many times longer than a row, as in the server room.
constexpr int kTombstoneLives = 2;

}  // namespace

Server::Server(std::size_t number, std::string name, std::vector<Plug> plugs,
               const ServerSettings& settings, Surroundings& around)
    : number_(number),
      name_(std::move(name)),
      plugs_(std::move(plugs)),
      settings_(settings),
      around_(around),
      disk_(number, around.random, around.checker) {}

void Server::Trace(const std::string& what) const {
  if (around_.trace) around_.trace(name_ + " " + what);
}

wire::UnixNanos Server::WallClock() const {
  return {kEpoch.value + around_.schedule.now().time_since_epoch().count() + clock_offset_.count()};
}

const Server::Plug& Server::PlugAt(std::size_t wire) const {
  return *std::ranges::find_if(plugs_, [&](const Plug& plug) { return plug.end.wire == wire; });
}

void Server::After(std::chrono::nanoseconds delay, std::function<void()> action) {
  around_.schedule.After(delay, [this, run = runs_, action = std::move(action)] {
    if (runs() && runs_ == run) action();
  });
}

void Server::Start() {
  ++runs_;
  process_ = std::make_unique<Process>();
  process_->run = name_ + "." + std::to_string(runs_);
  process_->fleet = std::make_unique<fleet::Fleet>(kHashKey);
  process_->topology = std::make_unique<flood::Topology>(name_, around_.plan, WallClock());
  SetHorizon();
  const bool is_empty = Load();
  around_.checker.Restarted(number_, *process_->fleet);
  process_->watcher = std::make_unique<fleet::Follower>(*process_->fleet, [] {});
  process_->journal =
      std::make_unique<Journal>(settings_.journal, *process_->fleet, disk_, is_empty,
                                Journal::Host{.random = around_.random,
                                              .after = std::bind_front(&Server::After, this),
                                              .trace = std::bind_front(&Server::Trace, this)});
  Trace("starts with " + std::to_string(process_->fleet->size()) + " clients");
  After(settings_.timing.heartbeat / 10, [this] { Tick(); });
}

// As journal::Load and the start of a journal::Journal do. True when the journal is a new one.
bool Server::Load() {
  const Disk::Found found = disk_.Open();
  for (const auto& [client, line] : found.rows) {
    switch (journal::LoadRow(client, line, *process_->fleet).outcome) {
      case journal::RowLoaded::kKept:
        break;
      case journal::RowLoaded::kExpired:
        if (!found.is_empty) disk_.Remove(client);
        break;
      case journal::RowLoaded::kBad:
        around_.checker.Fail(name_ + " cannot read what it wrote: " + line);
    }
  }
  return found.is_empty;
}

void Server::EndProcess() {
  if (stopped_) Continue();
  process_.reset();
}

void Server::Kill() {
  Trace("is killed");
  EndProcess();
  disk_.EndProcess();
  for (const Plug& plug : plugs_) around_.network.Reset(plug.end.wire);
}

void Server::LosePower() {
  EndProcess();
  Trace("loses its power, and " + std::to_string(disk_.LosePower()) + " batches");
  for (const Plug& plug : plugs_) around_.network.Vanish(plug.end);
}

void Server::LoseDisk() {
  Trace("loses its disk");
  disk_.Lose();
}

void Server::DamageDisk() {
  Trace("has its journal damaged");
  disk_.Damage();
}

void Server::SetDiskFault(DiskFault fault) {
  switch (fault) {
    case DiskFault::kNone:
      Trace("has a disk that works");
      break;
    case DiskFault::kFull:
      Trace("has a full disk");
      break;
    case DiskFault::kSyncFails:
      Trace("has a disk that cannot sync");
  }
  disk_.set_fault(fault);
}

void Server::Stop() {
  Trace("is stopped");
  stopped_ = true;
  for (const Plug& plug : plugs_) around_.network.Block(plug.end);
}

void Server::Continue() {
  Trace("goes on");
  stopped_ = false;
  for (const Plug& plug : plugs_) around_.network.Unblock(plug.end);
}

void Server::Report(std::string_view client, std::string_view location,
                    std::string_view time_text) {
  if (!runs() || stopped_) return;
  const wire::CompactTime time = wire::ReadPosixTime(time_text).value();
  const wire::Iamat iamat{.client = client,
                          .location_text = location,
                          .time_text = time_text,
                          .time = time.time,
                          .location = wire::ReadIso6709(location).value(),
                          .time_layout = time.layout};
  std::string skew;
  Take(wire::MakeAt(iamat, name_, WallClock(), skew));
}

void Server::Forget(std::string_view client) {
  if (!runs() || stopped_) return;
  wire::ForgetTexts texts;
  const wire::UnixNanos now = WallClock();
  Take(wire::MakeForget(client, name_, now, now, texts));
}

void Server::Take(const wire::At& at) {
  std::string line;
  wire::AppendAt(line, at);
  Trace("takes " + line);
  around_.checker.Took(at);
  process_->fleet->Apply(at, fleet::kFromClient);
  if (settings_.ack_from_disk) {
    process_->journal->WhenSynced([this, line = std::move(line)](bool durable) {
      // Otherwise the connection is closed without a reply.
      if (durable) around_.checker.AcknowledgedFromDisk(number_, line);
    });
  } else {
    around_.checker.Acknowledged(line);
  }
  Work();
}

void Server::OnOpen(WireEnd end, ConnectionId connection, const std::string& neighbours_run) {
  EndLink(end.wire);
  Neighbour& neighbour = process_->neighbours[end.wire];
  if (std::exchange(neighbour.run, neighbours_run) != neighbours_run)
    neighbour.acknowledged.reset();
  const Plug& plug = PlugAt(end.wire);
  Trace("is linked to " + plug.neighbour + (neighbour.acknowledged ? "" : ", to compare"));
  process_->topology->Up(plug.neighbour);
  std::string out;
  auto link = std::make_unique<flood::Link>(
      *process_->fleet, *process_->topology,
      flood::Link::Start{.id = fleet::LinkId{static_cast<std::uint16_t>(end.wire)},
                         .neighbour = plug.neighbour,
                         .leads = name_ < plug.neighbour,
                         .acknowledged = neighbour.acknowledged,
                         .timing = settings_.timing,
                         .wall_clock = [this] { return WallClock(); },
                         .now = around_.schedule.now()},
      [this] { process_->flood_due = true; }, out);
  process_->links[end.wire] = {connection, std::move(link)};
  process_->flood_due = true;
  Send(end.wire, std::move(out));
  Work();
}

void Server::EndLink(std::size_t wire) {
  const auto found = process_->links.find(wire);
  if (found == process_->links.end()) return;
  Trace("loses the link to " + PlugAt(wire).neighbour);
  const flood::Link& link = *found->second.link;
  process_->neighbours[wire].acknowledged = link.acknowledged();
  process_->ended += link.counters();
  process_->links.erase(found);
  process_->topology->Down(PlugAt(wire).neighbour);
  process_->flood_due = true;
}

void Server::OnBytes(WireEnd end, ConnectionId connection, std::string_view bytes) {
  if (!runs()) return;
  const auto found = process_->links.find(end.wire);
  if (found == process_->links.end() || found->second.connection != connection) return;
  flood::Link& link = *found->second.link;
  while (!bytes.empty()) {
    const std::size_t line_end = bytes.find('\n');
    const auto result = link.Receive(bytes.substr(0, line_end), around_.schedule.now());
    bytes.remove_prefix(line_end + 1);
    if (!result) {
      around_.network.Close(end, connection);
      EndLink(end.wire);
      return Work();
    }
  }
  if (link.counters().messages_unknown > 0) around_.checker.Fail(name_ + " does not understand");
  Flood(end.wire);
  Work();
}

void Server::OnClosed(WireEnd end, ConnectionId connection) {
  if (!runs()) return;
  const auto found = process_->links.find(end.wire);
  if (found == process_->links.end() || found->second.connection != connection) return;
  EndLink(end.wire);
  Work();
}

void Server::OnArrived(WireEnd end, ConnectionId connection) {
  if (!runs() || stopped_) return;
  const auto found = process_->links.find(end.wire);
  if (found == process_->links.end() || found->second.connection != connection) return;
  Flood(end.wire);
}

void Server::Tick() {
  After(settings_.timing.heartbeat / 10, [this] { Tick(); });
  if (stopped_) return;
  SetHorizon();
  std::vector<std::size_t> silent;
  for (auto& [wire, end] : process_->links) {
    std::string out;
    if (end.link->Tick(around_.schedule.now(), out)) {
      Send(wire, std::move(out));
      Flood(wire);
    } else {
      silent.push_back(wire);
    }
  }
  for (const std::size_t wire : silent) {
    around_.network.Close(PlugAt(wire).end, process_->links.at(wire).connection);
    EndLink(wire);
  }
  Work();
}

void Server::SetHorizon() {
  if (settings_.expire_after == std::chrono::nanoseconds::zero()) return;
  const std::int64_t now = WallClock().value;
  process_->fleet->SetHorizon(
      {.rows = {now - settings_.expire_after.count()},
       .tombstones = {now - kTombstoneLives * settings_.expire_after.count()}});
}

void Server::DropExpired() {
  SetHorizon();
  for (std::size_t stripe = 0; stripe < fleet::Fleet::kStripes; ++stripe)
    process_->fleet->DropExpired(stripe);
}

// What follows from any change: the checker sees it, links and disk get it.
void Server::Work() {
  process_->watcher->Read([&](const fleet::Row& row) {
    around_.checker.Saw(number_, row.at_line());
    return true;
  });
  while (std::exchange(process_->flood_due, false)) {
    for (const auto& [wire, end] : process_->links) Flood(wire);
  }
  process_->journal->Work();
}

void Server::Flood(std::size_t wire) {
  const End& end = process_->links.at(wire);
  if (around_.network.InFlight(PlugAt(wire).end) >= kSocketBytes) return;
  std::string out;
  end.link->Flood(around_.schedule.now(), out, kFloodBytes);
  Send(wire, std::move(out));
}

void Server::Send(std::size_t wire, std::string out) {
  around_.network.Send(PlugAt(wire).end, process_->links.at(wire).connection, std::move(out));
}

bool Server::caught_up() const {
  return runs() && std::ranges::all_of(process_->links, [](const auto& link) {
           return link.second.link->caught_up();
         });
}

flood::LinkCounters Server::Counters() const {
  flood::LinkCounters sum = process_->ended;
  for (const auto& [wire, end] : process_->links) sum += end.link->counters();
  return sum;
}

}  // namespace herd::sim
