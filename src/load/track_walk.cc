#include "load/track_walk.h"

#include "load/random.h"

namespace herd::load {

TrackWalk::TrackWalk(const std::vector<Track>& tracks, std::size_t movers, std::uint64_t seed)
    : tracks_(tracks) {
  Random random(seed);
  movers_.reserve(movers);
  for (std::size_t i = 0; i < movers; ++i) {
    const std::size_t track = i % tracks.size();
    movers_.push_back({.track = static_cast<std::uint32_t>(track),
                       .point = static_cast<std::uint32_t>(random() % tracks[track].size()),
                       .back = false});
  }
}

geo::LatLngE7 TrackWalk::Move(MoverNumber number, std::chrono::nanoseconds /*now*/) {
  Mover& mover = movers_[static_cast<std::size_t>(number)];
  const Track& track = tracks_[mover.track];
  const geo::LatLngE7 here = track[mover.point];
  if (mover.point == 0) mover.back = false;
  if (mover.point + 1 == track.size()) mover.back = true;
  if (track.size() > 1) mover.point += mover.back ? -1U : 1U;
  return here;
}

}  // namespace herd::load
