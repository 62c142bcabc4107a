#include "sim/world.h"

#include <algorithm>
#include <array>
#include <utility>

namespace herd::sim {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr flood::LinkTiming kTiming{
    .heartbeat = seconds(1), .silence_max = milliseconds(3500), .compare_interval = seconds(5)};
constexpr nanoseconds kExpireAfter = seconds(6);

// A clock is wrong by half as much at most: so no server finds another's receipts in the future.
constexpr nanoseconds kReceiptAhead = seconds(300);

constexpr nanoseconds kQuickWrite = milliseconds(1);
constexpr nanoseconds kSlowWrite = milliseconds(50);
constexpr nanoseconds kQuickSync = milliseconds(20);
constexpr nanoseconds kSlowSync = seconds(1);

// From the end of the last fault all servers are alike within this: silence is noticed, links are
// dialled, and what differs is compared. The worst wires have 50 ms and 100 kB/s.
constexpr nanoseconds kHealingMax = seconds(20);

// In a herd at peace a report is everywhere within this.
constexpr nanoseconds kSpreadMax = kTiming.heartbeat;

// In a herd at peace without reports all is on the disks within this.
constexpr nanoseconds kWrittenMax = seconds(5);

// In a herd at peace without reports a wire carries no more than this in a heartbeat: PINGs, and a
// comparison at times.
constexpr std::uint64_t kQuietBytesMax = 4'000;

constexpr std::array<const char*, 5> kNames{"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};

std::string NameOf(std::size_t server) {
  return server < kNames.size() ? kNames[server] : "S" + std::to_string(server);
}

flood::Topology::Plan PlanOf(const std::vector<Pair>& links) {
  flood::Topology::Plan plan;
  for (const auto& [a, b] : links) {
    plan[NameOf(a)].insert(NameOf(b));
    plan[NameOf(b)].insert(NameOf(a));
  }
  return plan;
}

}  // namespace

Scenario AnyScenario(Random& random, std::optional<std::size_t> servers,
                     std::optional<Shape> shape) {
  constexpr std::array kShapes{Shape::kFive, Shape::kFive, Shape::kLine,
                               Shape::kRing, Shape::kStar, Shape::kRandom};
  Scenario scenario;
  scenario.shape = shape.value_or(kShapes[random.Below(kShapes.size())]);
  scenario.servers = servers.value_or(scenario.shape == Shape::kFive ? 5 : 2 + random.Below(6));
  scenario.clients = 1 + random.Below(12);
  scenario.chaos = random.Between(seconds(3), seconds(15));
  for (bool* flag :
       {&scenario.resets, &scenario.cuts, &scenario.slow_wires, &scenario.stops, &scenario.crashes,
        &scenario.wrong_clocks, &scenario.forgets, &scenario.slow_disks, &scenario.disk_faults,
        &scenario.ack_from_disk, &scenario.small_batches, &scenario.crowded}) {
    *flag = random.Chance(50);
  }
  scenario.disk_losses = random.Chance(20);
  scenario.expiry = random.Chance(15);
  return scenario;
}

World::World(const Scenario& scenario, std::uint64_t seed,
             std::function<void(const std::string&)> trace)
    : scenario_(scenario),
      random_(seed),
      checker_(scenario.expiry),
      links_(LinksOf(scenario.shape, scenario.servers, random_)),
      plan_(PlanOf(links_)),
      network_(schedule_, random_, *this, links_.size()),
      trace_hash_(0),
      surroundings_{plan_,
                    schedule_,
                    random_,
                    network_,
                    checker_,
                    [this, trace = std::move(trace)](const std::string& line) {
                      const std::string timed =
                          std::to_string(schedule_.now().time_since_epoch().count()) + " " + line;
                      for (const char c : timed) {
                        // FNV-1a.
                        trace_hash_ =
                            (trace_hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
                      }
                      if (trace) trace(timed);
                    }},
      chaos_end_(schedule_.now() + scenario.chaos) {
  std::vector<std::string> names;
  for (std::size_t server = 0; server < scenario_.servers; ++server)
    names.push_back(NameOf(server));
  for (std::size_t server = 0; server < scenario_.servers; ++server) {
    std::vector<Server::Plug> plugs;
    for (std::size_t wire = 0; wire < links_.size(); ++wire) {
      const auto& [a, b] = links_[wire];
      if (a == server) plugs.push_back({{wire, 0}, NameOf(b)});
      if (b == server) plugs.push_back({{wire, 1}, NameOf(a)});
    }
    servers_.emplace_back(
        server, NameOf(server), std::move(plugs),
        ServerSettings{
            .timing = kTiming,
            .ack_from_disk = scenario_.ack_from_disk,
            .journal = {.batch_bytes = scenario_.small_batches ? 1 : journal::Writer::kBatchBytes,
                        .write_max = scenario_.slow_disks ? kSlowWrite : kQuickWrite,
                        .sync_max = scenario_.slow_disks ? kSlowSync : kQuickSync},
            .expire_after = scenario_.expiry ? kExpireAfter : nanoseconds::zero(),
            .receipt_ahead = kReceiptAhead,
            .servers = names},
        surroundings_);
  }
  for (std::size_t client = 0; client < scenario_.clients; ++client) {
    const nanoseconds offset = random_.Chance(70)   ? random_.Between(-seconds(1), seconds(1))
                               : random_.Chance(50) ? nanoseconds(hours(24 * 365 * 50))
                                                    : -nanoseconds(hours(24 * 365 * 40));
    clients_.push_back({NextClientId(), offset, "+0+0", "0"});
  }
}

std::string World::NextClientId() {
  while (true) {
    std::string id = "client" + std::to_string(last_client_++);
    const std::size_t range = fleet::RangeOf(fleet::HashClient(kHashKey, id));
    if (!scenario_.crowded || range == 0) return id;
  }
}

void World::OnOpen(WireEnd end, ConnectionId connection) {
  Server& server = At(end);
  const Server& other = At(end.other());
  if (server.runs() && other.runs()) server.OnOpen(end, connection, other.run());
}

void World::OnBytes(WireEnd end, ConnectionId connection, std::string_view bytes) {
  At(end).OnBytes(end, connection, bytes);
}

void World::OnClosed(WireEnd end, ConnectionId connection) {
  At(end).OnClosed(end, connection);
}

void World::OnArrived(WireEnd end, ConnectionId connection) {
  At(end).OnArrived(end, connection);
}

// As long as one end has no link both try to make one.
void World::Dial(std::size_t wire) {
  schedule_.After(random_.Between(milliseconds(50), milliseconds(400)), [this, wire] {
    Server& a = At({wire, 0});
    Server& b = At({wire, 1});
    const bool wanted = !a.linked(wire) || !b.linked(wire);
    const bool possible =
        a.runs() && b.runs() && !a.stopped() && !b.stopped() && network_.Passes(wire);
    if (wanted && possible) network_.Open(wire);
    Dial(wire);
  });
}

std::string World::TimeOf(Client& client) {
  // Now and then the very same time again, or one that is anything.
  if (random_.Chance(10)) return client.last_time;
  const std::int64_t now = servers_.front().runs() ? servers_.front().WallClock().value : 0;
  const nanoseconds jitter = random_.Between(-milliseconds(1500), milliseconds(1500));
  std::string text;
  // Whole seconds now and then, so that different reports have the same time.
  std::int64_t time = now + client.clock_offset.count() + jitter.count();
  if (random_.Chance(40)) time -= time % 1'000'000'000;
  wire::AppendPosixTime(text, {time});
  return text;
}

void World::LetReport(std::size_t number) {
  schedule_.After(random_.Between(milliseconds(20), milliseconds(1200)), [this, number] {
    if (!chaos()) return;
    Client& client = clients_[number];
    Server& server = servers_[random_.Below(servers_.size())];
    if (scenario_.forgets && random_.Chance(4)) {
      server.Forget(client.id);
    } else if (random_.Chance(8)) {
      server.Report(client.id, client.last_location, client.last_time);  // sent again
    } else {
      client.last_time = TimeOf(client);
      client.last_location = "+" + std::to_string(random_.Below(5)) + "-1";
      server.Report(client.id, client.last_location, client.last_time);
    }
    LetReport(number);
  });
}

void World::PutRight(std::function<void()> undo) {
  ++wrong_;
  schedule_.After(random_.Between(milliseconds(5), seconds(6)), [this, undo = std::move(undo)] {
    --wrong_;
    undo();
  });
}

void World::DoHarm() {
  schedule_.After(random_.Between(milliseconds(20), milliseconds(1500)), [this] {
    if (!chaos()) return;
    const std::size_t wire = random_.Below(links_.size());
    Server& server = servers_[random_.Below(servers_.size())];
    switch (random_.Below(7)) {
      case 0:
        if (scenario_.resets) {
          surroundings_.trace("wire " + std::to_string(wire) + " is reset");
          network_.Reset(wire);
        }
        break;
      case 1:
        if (scenario_.cuts) Cut(wire);
        break;
      case 2:
        if (scenario_.slow_wires) {
          const nanoseconds delay = random_.Between(microseconds(100), milliseconds(25));
          network_.SetQuality(wire,
                              {.delay_min = delay,
                               .delay_max = 2 * delay,
                               .bytes_per_second = std::size_t{100'000} << random_.Below(10)});
        }
        break;
      case 3:
        if (scenario_.stops && server.runs() && !server.stopped()) StopForAWhile(server);
        break;
      case 4:
        if (!scenario_.crashes) break;
        // Now and then all at once, as when the power goes.
        for (Server& one : servers_) {
          const bool all = wire % 3 == 0;
          if ((all || &one == &server) && one.runs()) Crash(one);
        }
        break;
      case 5:
        if (scenario_.disk_faults && server.disk().fault() == DiskFault::kNone) FailDisk(server);
        break;
      default:
        if (scenario_.wrong_clocks) TurnClock(server);
    }
    DoHarm();
  });
}

// One direction or both.
void World::Cut(std::size_t wire) {
  const std::size_t sides = 1 + random_.Below(3);
  surroundings_.trace("wire " + std::to_string(wire) + " is cut, " + std::to_string(sides));
  for (const std::size_t side : {0U, 1U}) {
    if ((sides >> side & 1U) == 0) continue;
    network_.Block({wire, side});
    PutRight([this, wire, side] {
      surroundings_.trace("wire " + std::to_string(wire) + " heals, " + std::to_string(side));
      network_.Unblock({wire, side});
    });
  }
}

void World::Crash(Server& server) {
  if (random_.Chance(50)) {
    server.LosePower();
  } else {
    server.Kill();
  }
  if (scenario_.disk_losses && random_.Chance(50)) server.LoseDisk();
  StartAgain(server);
}

void World::StartAgain(Server& server) {
  PutRight([this, &server] {
    // A server whose disk fails does not start.
    if (server.disk().fault() != DiskFault::kNone) return StartAgain(server);
    server.Start();
  });
}

void World::FailDisk(Server& server) {
  server.SetDiskFault(random_.Chance(50) ? DiskFault::kFull : DiskFault::kSyncFails);
  if (scenario_.disk_losses && random_.Chance(50)) server.DamageDisk();
  PutRight([&server] { server.SetDiskFault(DiskFault::kNone); });
}

void World::StopForAWhile(Server& server) {
  server.Stop();
  PutRight([&server] {
    if (server.stopped()) server.Continue();
  });
}

void World::TurnClock(Server& server) {
  const nanoseconds offset = random_.Chance(50)
                                 ? random_.Between(-seconds(2), seconds(2))
                                 : random_.Between(-kReceiptAhead / 2, kReceiptAhead / 2);
  surroundings_.trace(server.name() + " has its clock turned by " + std::to_string(offset.count()));
  server.set_clock_offset(offset);
}

bool World::Alike() const {
  if (!std::ranges::all_of(servers_, &Server::runs)) return false;
  const fleet::Digest digest = servers_.front().fleet().digest();
  return std::ranges::all_of(
      servers_, [&](const Server& server) { return server.fleet().digest() == digest; });
}

// Lets all faults end, and then waits until all servers are alike.
void World::Heal(Outcome& outcome) {
  while (wrong_ > 0) schedule_.RunUntil(schedule_.now() + milliseconds(10));
  for (Server& server : servers_) server.set_clock_offset(nanoseconds::zero());
  const Instant healed = schedule_.now();
  surroundings_.trace("all is well again");
  const auto settled = [this] {
    if (scenario_.expiry) {
      for (Server& server : servers_) server.DropExpired();
    }
    return Alike() && std::ranges::all_of(servers_, &Server::caught_up);
  };
  while (!settled()) {
    schedule_.RunUntil(schedule_.now() + milliseconds(10));
    if (schedule_.now() > healed + kHealingMax) {
      checker_.Fail("not alike " + std::to_string(kHealingMax / seconds(1)) +
                    " s after the end of all faults");
      break;
    }
  }
  outcome.healing = schedule_.now() - healed;
}

// A report at each server is everywhere in time.
void World::CheckLiveness() {
  // A link that is silent still counts as up for a while, and knows of the others' links later.
  schedule_.RunUntil(schedule_.now() + 2 * kTiming.silence_max);
  for (Server& server : servers_) {
    std::string time;
    wire::AppendPosixTime(time, server.WallClock());
    server.Report("probe" + server.name(), "+1+1", time);
  }
  schedule_.RunUntil(schedule_.now() + kSpreadMax);
  for (Server& of : servers_) {
    for (Server& at : servers_) {
      if (!at.fleet().Find("probe" + of.name(), [](const fleet::Row&) {}))
        checker_.Fail(at.name() + " has not heard of a report at " + of.name() + " in time");
    }
  }
}

// Nobody talks without need, and nothing is found to repair.
void World::CheckQuiet() {
  const std::uint64_t before = network_.bytes_sent();
  constexpr int kHeartbeats = 10;
  schedule_.RunUntil(schedule_.now() + kHeartbeats * kTiming.heartbeat);
  const std::uint64_t bytes = network_.bytes_sent() - before;
  if (bytes > kQuietBytesMax * kHeartbeats * links_.size())
    checker_.Fail("says too much at peace: " + std::to_string(bytes) + " bytes");
}

// What cannot have been missed is there: comparisons for its own sake have found nothing.
void World::CheckRepairs() {
  for (const Server& server : servers_) {
    if (server.Counters().repairs > 0)
      checker_.Fail(server.name() +
                    " had to repair rows: " + std::to_string(server.Counters().repairs));
  }
}

// Journals do not fall behind, and have got over all failures.
void World::CheckDisks() {
  const Instant end = schedule_.now() + kWrittenMax;
  while (!std::ranges::all_of(servers_, &Server::journal_idle) && schedule_.now() < end)
    schedule_.RunUntil(schedule_.now() + milliseconds(10));
  for (std::size_t server = 0; server < servers_.size(); ++server)
    checker_.CheckDisk(server, servers_[server].fleet(), servers_[server].disk().synced());
}

Outcome World::Run() {
  Outcome outcome;
  for (Server& server : servers_) server.Start();
  for (std::size_t wire = 0; wire < links_.size(); ++wire) Dial(wire);
  for (std::size_t client = 0; client < clients_.size(); ++client) LetReport(client);
  DoHarm();
  schedule_.RunUntil(chaos_end_);
  Heal(outcome);
  std::vector<const fleet::Fleet*> fleets;
  for (const Server& server : servers_) fleets.push_back(&server.fleet());
  checker_.Check(fleets, scenario_.losses());
  if (checker_.violations().empty()) {
    CheckLiveness();
    CheckDisks();
    if (!scenario_.expiry) {
      CheckQuiet();
      CheckRepairs();
    }
  }
  outcome.violations = checker_.violations();
  outcome.trace_hash = trace_hash_;
  outcome.reports = checker_.reports();
  outcome.bytes_sent = network_.bytes_sent();
  for (const Server& server : servers_) {
    const flood::LinkCounters counters = server.Counters();
    outcome.rows_received += counters.rows_in + counters.catch_up_rows_in;
  }
  return outcome;
}

}  // namespace herd::sim
