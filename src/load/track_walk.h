#pragma once

#include <vector>

#include "load/movement.h"

namespace herd::load {

// The positions of one recorded mover, in the order of time; never empty.
using Track = std::vector<geo::LatLngE7>;

// Movers that follow recorded tracks to and fro, a point with each report, whatever the time. Many
// movers share a track, and start at different points of it.
class TrackWalk final : public Movement {
 public:
  // `tracks` is not empty and outlives this.
  TrackWalk(const std::vector<Track>& tracks, std::size_t movers, std::uint64_t seed);

  geo::LatLngE7 Move(MoverNumber number, std::chrono::nanoseconds now) override;

 private:
  struct Mover {
    std::uint32_t track;
    std::uint32_t point;
    bool back;
  };

  const std::vector<Track>& tracks_;
  std::vector<Mover> movers_;
};

}  // namespace herd::load
