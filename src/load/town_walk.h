#pragma once

#include <array>
#include <span>
#include <vector>

#include "load/movement.h"
#include "load/random.h"
#include "load/towns.h"

namespace herd::load {

// Movers that walk and drive about their home towns: never faster than their kind goes, turning
// slowly, and turning back where their town ends. Towns get movers by their populations. 32 bytes
// and some 20 ns a mover, so that whoever loads a server with millions of reports a second spends
// little on where they are.
class TownWalk final : public Movement {
 public:
  static constexpr double kWalkMetresPerSecond = 2;
  static constexpr double kDriveMetresPerSecond = 30;
  // Of a heading, in turns.
  static constexpr double kTurnsPerSecondMax = 0.05;
  // Time that one step accounts for at most: who was silent for longer has rested.
  static constexpr std::chrono::seconds kStepMax{60};

  // `towns` is not empty. The same seed gives the same walk.
  TownWalk(std::span<const Town> towns, std::size_t movers, std::uint64_t seed);

  geo::LatLngE7 Move(MoverNumber number, std::chrono::nanoseconds now) override;
  void Prefetch(MoverNumber number) const override {
    __builtin_prefetch(&movers_[static_cast<std::size_t>(number)], 1);
  }

  // How far out of the middle movers go before they turn back.
  static double RadiusMetres(const Town& town);

 private:
  // A whole turn is 65,536, clockwise from north.
  using Heading = std::uint16_t;

  struct Home {
    geo::LatLngE7 center;
    float lng_e7_per_metre;
    float radius_metres;
  };

  struct Mover {
    std::int64_t moved_ns;
    geo::LatLngE7 position;
    std::uint32_t home;
    float metres_per_second;
    Heading heading;
    bool drives;
  };
  static_assert(sizeof(Mover) <= 32);

  // Sines and cosines of headings, by their upper bits.
  static constexpr int kTableBits = 10;
  struct Direction {
    float north;
    float east;
  };

  Random random_;
  std::array<Direction, std::size_t{1} << kTableBits> directions_{};
  std::vector<Home> homes_;
  std::vector<Mover> movers_;

  Direction DirectionOf(Heading heading) const { return directions_[heading >> (16 - kTableBits)]; }
  void Step(Mover& mover, const Home& home, float metres) const;
  void Turn(Mover& mover, const Home& home, double seconds);
  float AnySpeed(bool drives);
};

}  // namespace herd::load
