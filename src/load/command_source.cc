#include "load/command_source.h"

#include <algorithm>
#include <utility>

#include "load/town_walk.h"

namespace herd::load {
namespace {

constexpr double kChances = 4'294'967'296.0;

std::uint64_t ChancesOf(double share) {
  return static_cast<std::uint64_t>(std::clamp(share, 0.0, 1.0) * kChances);
}

std::unique_ptr<Movement> MakeMovement(const Settings& settings, std::size_t count,
                                       std::uint64_t seed) {
  if (settings.tracks.empty()) return std::make_unique<TownWalk>(settings.towns, count, seed);
  return std::make_unique<TrackWalk>(settings.tracks, count, seed);
}

std::int64_t PosixNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

CommandSource::CommandSource(const Settings& settings, std::uint32_t first, std::uint32_t count,
                             std::uint64_t seed)
    : settings_(settings),
      first_(first),
      random_(seed),
      question_below_(ChancesOf(settings.questions)),
      roam_below_(ChancesOf(settings.roaming)),
      movement_(MakeMovement(settings, count, seed)),
      clients_(settings.servers.size()),
      start_posix_ns_(PosixNanos()) {
  for (std::uint32_t i = 0; i < count; ++i)
    clients_[i % clients_.size()].movers.push_back(MoverNumber{i});
  for (Clients& clients : clients_)
    for (std::uint64_t& chance : clients.chances) chance = random_();
}

bool CommandSource::AppendFirst(std::string& out, std::size_t server, Time now) {
  Clients& clients = clients_[server];
  if (clients.reported == clients.movers.size()) return false;
  AppendReportOf(out, clients.movers[clients.reported++], now);
  return true;
}

std::uint64_t CommandSource::NextChance(Clients& clients) {
  // First where the mover's number is, then, that being there, where the mover is.
  const auto pick = [&](std::uint64_t chance) {
    return &clients.movers[Below(clients.movers.size(), static_cast<std::uint32_t>(chance >> 32U))];
  };
  const std::uint64_t later = random_();
  __builtin_prefetch(pick(later));
  movement_->Prefetch(*pick(clients.chances[(clients.next + kAhead / 2) % kAhead]));
  const std::uint64_t chance = std::exchange(clients.chances[clients.next], later);
  clients.next = (clients.next + 1) % kAhead;
  return chance;
}

Ask CommandSource::Append(std::string& out, std::size_t server, Time now) {
  const std::uint64_t chance = NextChance(clients_[server]);
  std::vector<MoverNumber>& movers = clients_[server].movers;
  const std::size_t pick = Below(movers.size(), static_cast<std::uint32_t>(chance >> 32U));
  const MoverNumber mover = movers[pick];
  if (OnlyAsks(settings_.dialect)) {
    AppendNear(out, settings_.dialect, movement_->Move(mover, now - start_), settings_.radius_km,
               settings_.results_max);
    return Ask::kQuestion;
  }
  if ((chance & 0xFFFF'FFFFU) < question_below_) {
    AppendQuestion(out, settings_.dialect, Client(mover), settings_.radius_km,
                   settings_.results_max);
    return Ask::kQuestion;
  }
  AppendReportOf(out, mover, now);
  if (roam_below_ > 0 && clients_.size() > 1 && movers.size() > 1) {
    const std::uint64_t roam = random_();
    if ((roam & 0xFFFF'FFFFU) < roam_below_) {
      movers[pick] = movers.back();
      movers.pop_back();
      const std::size_t away = 1 + (roam >> 32U) % (clients_.size() - 1);
      clients_[(server + away) % clients_.size()].movers.push_back(mover);
    }
  }
  return Ask::kReport;
}

void CommandSource::AppendReportOf(std::string& out, MoverNumber mover, Time now) {
  const std::chrono::nanoseconds elapsed = now - start_;
  last_time_ns_ = std::max(last_time_ns_ + 1, start_posix_ns_ + elapsed.count());
  AppendReport(out, settings_.dialect, Client(mover), movement_->Move(mover, elapsed),
               last_time_ns_);
}

}  // namespace herd::load
