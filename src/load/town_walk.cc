#include "load/town_walk.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "geo/distance.h"

namespace herd::load {
namespace {

constexpr double kE7PerMetreNorth = 1e7 / (geo::kEarthRadius.value * std::numbers::pi / 180);
// Every third mover drives.
constexpr std::uint64_t kDriverEvery = 3;
// A mover takes up another speed once in so many steps.
constexpr std::uint64_t kSpeedEvery = 64;
constexpr double kHeadingsPerTurn = 65'536;
// Meridians meet at the poles: no town is so near to one that this matters.
constexpr double kCosineMin = 0.01;

std::int32_t Wrapped(std::int64_t lng) {
  constexpr std::int64_t kTurn = 2 * std::int64_t{geo::kLngMaxE7};
  if (lng > geo::kLngMaxE7) lng -= kTurn;
  if (lng < -geo::kLngMaxE7) lng += kTurn;
  return static_cast<std::int32_t>(lng);
}

}  // namespace

double TownWalk::RadiusMetres(const Town& town) {
  // Ten thousand people live within 1 km, a million within 10 km.
  return std::clamp(std::sqrt(town.population) * 10, 1'000.0, 30'000.0);
}

TownWalk::TownWalk(std::span<const Town> towns, std::size_t movers, std::uint64_t seed)
    : random_(seed) {
  for (std::size_t i = 0; i < directions_.size(); ++i) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(directions_.size());
    directions_[i] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
  std::vector<double> weights;
  for (const Town& town : towns) {
    const double cosine =
        std::max(kCosineMin, std::cos(town.center.lat_deg * std::numbers::pi / 180));
    homes_.push_back({geo::ToE7(town.center), static_cast<float>(kE7PerMetreNorth / cosine),
                      static_cast<float>(RadiusMetres(town))});
    weights.push_back(std::max(town.population, 1.0));
  }
  std::discrete_distribution<std::uint32_t> any_home(weights.begin(), weights.end());
  std::uniform_real_distribution<double> share(0, 1);
  movers_.reserve(movers);
  for (std::size_t i = 0; i < movers; ++i) {
    const std::uint32_t home = any_home(random_);
    const bool drives = random_() % kDriverEvery == 0;
    Mover mover{.moved_ns = 0,
                .position = homes_[home].center,
                .home = home,
                .metres_per_second = AnySpeed(drives),
                .heading = static_cast<Heading>(random_()),
                .drives = drives};
    // Evenly over the town's disc.
    Step(mover, homes_[home],
         static_cast<float>(homes_[home].radius_metres * std::sqrt(share(random_))));
    movers_.push_back(mover);
  }
}

geo::LatLngE7 TownWalk::Move(MoverNumber number, std::chrono::nanoseconds now) {
  Mover& mover = movers_[static_cast<std::size_t>(number)];
  const Home& home = homes_[mover.home];
  const std::int64_t elapsed = std::min<std::int64_t>(now.count() - mover.moved_ns,
                                                      std::chrono::nanoseconds(kStepMax).count());
  mover.moved_ns = now.count();
  const double seconds = static_cast<double>(elapsed) * 1e-9;
  Turn(mover, home, seconds);
  Step(mover, home, mover.metres_per_second * static_cast<float>(seconds));
  return mover.position;
}

void TownWalk::Step(Mover& mover, const Home& home, float metres) const {
  const Direction direction = DirectionOf(mover.heading);
  const auto north =
      static_cast<std::int64_t>(direction.north * metres * static_cast<float>(kE7PerMetreNorth));
  const auto east = static_cast<std::int64_t>(direction.east * metres * home.lng_e7_per_metre);
  mover.position.lat = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(mover.position.lat + north, -geo::kLatMaxE7, geo::kLatMaxE7));
  mover.position.lng = Wrapped(mover.position.lng + east);
}

void TownWalk::Turn(Mover& mover, const Home& home, double seconds) {
  const std::uint64_t chance = random_();
  if (chance % kSpeedEvery == 0) mover.metres_per_second = AnySpeed(mover.drives);
  const double turns = std::min(0.5, seconds * kTurnsPerSecondMax);
  const auto turn_max = static_cast<std::int32_t>(turns * kHeadingsPerTurn);
  // From the mover to its home.
  const auto north = static_cast<float>(home.center.lat - mover.position.lat) /
                     static_cast<float>(kE7PerMetreNorth);
  const auto east =
      static_cast<float>(Wrapped(std::int64_t{home.center.lng} - mover.position.lng)) /
      home.lng_e7_per_metre;
  std::int32_t turn = 0;
  if (north * north + east * east < home.radius_metres * home.radius_metres) {
    const std::uint64_t width = 2 * static_cast<std::uint64_t>(turn_max) + 1;
    turn = static_cast<std::int32_t>(Below(width, static_cast<std::uint32_t>(chance >> 32U))) -
           turn_max;
  } else {
    const Direction direction = DirectionOf(mover.heading);
    const bool home_is_right = direction.north * east > direction.east * north;
    // Straight on once home lies within an eighth of a turn.
    const float side = std::abs(direction.north * east - direction.east * north);
    const float ahead = direction.north * north + direction.east * east;
    if (side > ahead) turn = home_is_right ? turn_max : -turn_max;
  }
  mover.heading = static_cast<Heading>(mover.heading + turn);
}

float TownWalk::AnySpeed(bool drives) {
  const double max = drives ? kDriveMetresPerSecond : kWalkMetresPerSecond;
  return static_cast<float>(max * static_cast<double>(random_() % 1'000) / 1'000);
}

}  // namespace herd::load
