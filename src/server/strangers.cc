#include "server/strangers.h"

#include <tuple>

namespace herd::server {
namespace {

// How many of `strangers` compete, and the first of them to go.
struct Competition {
  std::size_t count = 0;
  std::optional<std::size_t> loser;
};

template <typename Competes>
Competition Compete(std::span<const Stranger> strangers, Competes&& competes) {
  Competition competition;
  const auto merit = [&](std::size_t i) {
    return std::tuple(strangers[i].standing, strangers[i].heard);
  };
  for (std::size_t i = 0; i < strangers.size(); ++i) {
    if (!competes(strangers[i])) continue;
    ++competition.count;
    if (!competition.loser || merit(i) < merit(*competition.loser)) competition.loser = i;
  }
  return competition;
}

}  // namespace

std::optional<std::size_t> WhoMakesRoom(std::span<const Stranger> strangers, std::uint64_t address,
                                        const std::set<std::uint64_t>& neighbours,
                                        const StrangerBounds& bounds) {
  const Competition same =
      Compete(strangers, [&](const Stranger& stranger) { return stranger.address == address; });
  if (same.count >= bounds.per_address) return same.loser;
  if (neighbours.contains(address)) return std::nullopt;
  const Competition others = Compete(
      strangers, [&](const Stranger& stranger) { return !neighbours.contains(stranger.address); });
  return others.count >= bounds.others ? others.loser : std::nullopt;
}

}  // namespace herd::server
