#include "load/movement.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

#include "geo/distance.h"
#include "load/town_walk.h"
#include "load/track_walk.h"

namespace herd::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

double Metres(const geo::LatLngE7& a, const geo::LatLngE7& b) {
  return geo::Distance(geo::ToLatLng(a), geo::ToLatLng(b)).value;
}

TEST(Towns, AreAHundredPlausibleOnes) {
  EXPECT_GE(BuiltInTowns().size(), 100U);
  for (const Town& town : BuiltInTowns()) {
    EXPECT_LT(std::abs(town.center.lat_deg), 70);
    EXPECT_LE(std::abs(town.center.lng_deg), 180);
    EXPECT_GE(town.population, 1e5);
    EXPECT_LE(town.population, 4e7);
  }
}

RC_GTEST_PROP(TownWalk, IsNeverFasterThanADriver, ()) {
  TownWalk walk(BuiltInTowns(), 3, *rc::gen::arbitrary<std::uint64_t>());
  nanoseconds now{0};
  std::array<geo::LatLngE7, 3> last{};
  for (std::uint32_t i = 0; i < 3; ++i) last[i] = walk.Move(MoverNumber{i}, now);
  for (int step = 0; step < 50; ++step) {
    const milliseconds elapsed{*rc::gen::inRange(1, 60'000)};
    now += elapsed;
    for (std::uint32_t i = 0; i < 3; ++i) {
      const geo::LatLngE7 here = walk.Move(MoverNumber{i}, now);
      const double seconds = static_cast<double>(elapsed.count()) / 1000;
      // A centimetre for the rounding, and 2 % for a degree of longitude that is as long as that
      // in the middle of town.
      RC_ASSERT(Metres(last[i], here) <= TownWalk::kDriveMetresPerSecond * seconds * 1.02 + 0.01);
      last[i] = here;
    }
  }
}

RC_GTEST_PROP(TownWalk, StaysAboutItsTown, ()) {
  const Town town{{*rc::gen::inRange(-80, 81) * 1.0, *rc::gen::inRange(-180, 181) * 1.0},
                  *rc::gen::inRange(1, 10'000'000) * 1.0};
  TownWalk walk({&town, 1}, 10, *rc::gen::arbitrary<std::uint64_t>());
  // To turn back a driver needs less than a circle of so many metres, and 60 s of straight on.
  const double circle = 2 * TownWalk::kDriveMetresPerSecond / TownWalk::kTurnsPerSecondMax;
  const double straight = 60 * TownWalk::kDriveMetresPerSecond;
  const double limit = TownWalk::RadiusMetres(town) * 1.02 + circle + straight;
  nanoseconds now{0};
  for (int step = 0; step < 500; ++step) {
    now += std::chrono::seconds(*rc::gen::inRange(1, 30));
    for (std::uint32_t i = 0; i < 10; ++i) {
      const geo::LatLngE7 here = walk.Move(MoverNumber{i}, now);
      RC_ASSERT(Metres(geo::ToE7(town.center), here) < limit);
    }
  }
}

TEST(TownWalk, GetsAbout) {
  TownWalk walk(BuiltInTowns(), 30, 1);
  int moved = 0;
  for (std::uint32_t i = 0; i < 30; ++i) {
    const geo::LatLngE7 first = walk.Move(MoverNumber{i}, nanoseconds(0));
    geo::LatLngE7 last = first;
    double way = 0;
    for (int second = 1; second <= 30; ++second) {
      const geo::LatLngE7 here = walk.Move(MoverNumber{i}, std::chrono::seconds(second));
      way += Metres(last, here);
      last = here;
    }
    if (way > 1) ++moved;
  }
  EXPECT_GT(moved, 25);
}

TEST(TownWalk, IsTheSameWithTheSameSeed) {
  TownWalk a(BuiltInTowns(), 5, 42);
  TownWalk b(BuiltInTowns(), 5, 42);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto now = std::chrono::seconds(i);
    EXPECT_EQ(a.Move(MoverNumber{i % 5}, now), b.Move(MoverNumber{i % 5}, now));
  }
}

TEST(TrackWalk, GoesToAndFro) {
  const std::vector<Track> tracks = {{{0, 0}, {1, 0}, {2, 0}}};
  TrackWalk walk(tracks, 4, 7);
  for (std::uint32_t mover = 0; mover < 4; ++mover) {
    geo::LatLngE7 last = walk.Move(MoverNumber{mover}, nanoseconds(0));
    bool ends[2] = {last.lat == 0, last.lat == 2};
    for (int i = 0; i < 10; ++i) {
      const geo::LatLngE7 here = walk.Move(MoverNumber{mover}, nanoseconds(0));
      EXPECT_EQ(std::abs(here.lat - last.lat), 1);
      if (here.lat == 0) ends[0] = true;
      if (here.lat == 2) ends[1] = true;
      last = here;
    }
    EXPECT_TRUE(ends[0] && ends[1]);
  }
}

TEST(TrackWalk, RestsOnATrackOfOnePoint) {
  const std::vector<Track> tracks = {{{5, 6}}, {{7, 8}}};
  TrackWalk walk(tracks, 2, 7);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(walk.Move(MoverNumber{0}, nanoseconds(0)), (geo::LatLngE7{5, 6}));
    EXPECT_EQ(walk.Move(MoverNumber{1}, nanoseconds(0)), (geo::LatLngE7{7, 8}));
  }
}

}  // namespace
}  // namespace herd::load
