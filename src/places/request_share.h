#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>

namespace herd::places {

// What one of many askers may take of a budget of requests, so that none of them spends it all: a
// token bucket each for the minute and for the day, which holds the share and refills evenly. So an
// asker may take a share at once, and in no stretch of a minute (a day) more than two. Kept as
// GCRA's theoretical arrival times (ITU-T I.371). Remembers at most kAskersMax askers; beyond that
// who took nothing for the longest time is forgotten, as one who never asked. Not thread-safe.
class RequestShare {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // About 100 bytes each.
  static constexpr std::size_t kAskersMax = 16'384;

  // `percent`, 1 to 100, of each budget (requests a minute and a day; 0: no limit), rounded up, but
  // never under kRequestsMin. 100: no share, all of the budget is anyone's.
  RequestShare(std::uint32_t per_minute, std::uint32_t per_day, std::uint32_t percent,
               std::size_t askers_max = kAskersMax);

  // A look-up and its retry.
  static constexpr std::uint32_t kRequestsMin = 2;

  // Whether the asker has anything left of his share at `now`, which never goes back.
  bool HasRoom(std::uint64_t asker, TimePoint now) const;
  // Takes one request. Only after HasRoom at the same time.
  void Take(std::uint64_t asker, TimePoint now);

 private:
  // One bucket: `requests` fit into `window`.
  struct Bucket {
    TimePoint::duration interval{0};   // a request comes back in; 0: no limit
    TimePoint::duration tolerance{0};  // how far the next arrival may lie ahead

    static Bucket Of(std::uint32_t budget, std::uint32_t percent, TimePoint::duration window);
    bool HasRoom(TimePoint next, TimePoint now) const {
      return interval.count() == 0 || next <= now + tolerance;
    }
    TimePoint Taken(TimePoint next, TimePoint now) const {
      return (next > now ? next : now) + interval;
    }
  };
  struct Asker {
    TimePoint next_of_minute;  // when the bucket would be full again
    TimePoint next_of_day;
    std::list<std::uint64_t>::iterator place;
  };

  const Bucket minute_;
  const Bucket day_;
  const std::size_t askers_max_;
  // A tree: nobody can choose addresses that make it slow.
  std::map<std::uint64_t, Asker> askers_;
  std::list<std::uint64_t> by_age_;  // who took last stands last
};

}  // namespace herd::places
