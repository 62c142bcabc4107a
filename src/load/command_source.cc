#include "load/command_source.h"

#include <algorithm>

#include "load/town_walk.h"

namespace herd::load {
namespace {

constexpr double kChances = 4'294'967'296.0;

std::uint64_t Below(double share) {
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
      question_below_(Below(settings.questions)),
      roam_below_(Below(settings.roaming)),
      movement_(MakeMovement(settings, count, seed)),
      movers_(settings.servers.size()),
      reported_(settings.servers.size()),
      start_posix_ns_(PosixNanos()) {
  for (std::uint32_t i = 0; i < count; ++i) movers_[i % movers_.size()].push_back(MoverNumber{i});
}

bool CommandSource::AppendFirst(std::string& out, std::size_t server, Time now) {
  if (reported_[server] == movers_[server].size()) return false;
  AppendReportOf(out, movers_[server][reported_[server]++], now);
  return true;
}

Ask CommandSource::Append(std::string& out, std::size_t server, Time now) {
  std::vector<MoverNumber>& movers = movers_[server];
  const std::uint64_t chance = random_();
  // A multiplication instead of a division: the upper bits choose.
  const auto pick = static_cast<std::size_t>(((chance >> 32U) * movers.size()) >> 32U);
  const MoverNumber mover = movers[pick];
  if ((chance & 0xFFFF'FFFFU) < question_below_) {
    AppendQuestion(out, settings_.dialect, Client(mover), settings_.radius_km,
                   settings_.results_max);
    return Ask::kQuestion;
  }
  AppendReportOf(out, mover, now);
  if (roam_below_ > 0 && movers_.size() > 1 && movers.size() > 1) {
    const std::uint64_t roam = random_();
    if ((roam & 0xFFFF'FFFFU) < roam_below_) {
      movers[pick] = movers.back();
      movers.pop_back();
      const std::size_t away = 1 + (roam >> 32U) % (movers_.size() - 1);
      movers_[(server + away) % movers_.size()].push_back(mover);
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
