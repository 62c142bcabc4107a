#pragma once

#include <chrono>
#include <cstdint>

#include "geo/lat_lng_e7.h"

namespace herd::load {

// The number of a mover among those of one worker, from 0.
enum class MoverNumber : std::uint32_t {};

// Where movers go. One thread.
class Movement {
 public:
  Movement() = default;
  Movement(const Movement&) = delete;
  Movement& operator=(const Movement&) = delete;
  virtual ~Movement() = default;

  // Where that mover is at `now`, counted from any start, the same for all calls; of one mover it
  // never goes back.
  virtual geo::LatLngE7 Move(MoverNumber number, std::chrono::nanoseconds now) = 0;

  // Has what is known of a mover brought near, since it will move soon: a hint.
  virtual void Prefetch(MoverNumber /*number*/) const {}
};

}  // namespace herd::load
