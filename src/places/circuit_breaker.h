#pragma once

#include <chrono>
#include <cstdint>

namespace herd::places {

// Keeps clients from waiting for a service that does not work: after so many failures in a row no
// more requests are let through for a while ("open"), then one alone as a probe. If it succeeds,
// all is as before; if it fails, the breaker stays open for the same time again.
//
// The caller says what time it is. Not thread-safe.
class CircuitBreaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Of one request that was let through. What a request started before the breaker opened or closed
  // tells says nothing about now: its outcome is ignored.
  struct Ticket {
    std::uint64_t epoch = 0;
  };

  // `failures_max` failures in a row open it for `open_for`; 0: it never opens.
  CircuitBreaker(std::uint32_t failures_max, std::chrono::milliseconds open_for)
      : failures_max_(failures_max), open_for_(open_for) {}

  // Whether a request may start.
  bool Lets(TimePoint now) const;

  // A request starts. Only after Lets(now) was true.
  Ticket Start(TimePoint now);

  // A request that started has ended, well or not.
  void Finish(Ticket ticket, bool well, TimePoint now);

 private:
  enum class State { kClosed, kOpen, kProbing };

  void Enter(State state);

  std::uint32_t failures_max_;
  std::chrono::milliseconds open_for_;
  State state_ = State::kClosed;
  std::uint32_t failures_ = 0;  // in a row, while closed
  TimePoint open_until_;        // while open
  std::uint64_t epoch_ = 0;     // counts changes of state
};

}  // namespace herd::places
