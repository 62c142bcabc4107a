#include "places/circuit_breaker.h"

namespace herd::places {

bool CircuitBreaker::Lets(TimePoint now) const {
  switch (state_) {
    case State::kClosed:
      return true;
    case State::kOpen:
      return now >= open_until_;
    case State::kProbing:
      break;
  }
  return false;
}

CircuitBreaker::Ticket CircuitBreaker::Start(TimePoint now) {
  if (state_ == State::kOpen && now >= open_until_) Enter(State::kProbing);
  return {epoch_};
}

void CircuitBreaker::Finish(Ticket ticket, bool well, TimePoint now) {
  if (ticket.epoch != epoch_ || failures_max_ == 0) return;
  if (well) {
    if (state_ == State::kProbing) Enter(State::kClosed);
    failures_ = 0;
    return;
  }
  ++failures_;
  if (state_ == State::kProbing || failures_ >= failures_max_) {
    Enter(State::kOpen);
    open_until_ = now + open_for_;
  }
}

void CircuitBreaker::Enter(State state) {
  state_ = state;
  failures_ = 0;
  ++epoch_;
}

}  // namespace herd::places
