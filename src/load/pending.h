#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/dialect.h"

namespace herd::load {

// The commands of one connection that wait for their replies, oldest first, with the moment from
// which their latency counts: a ring with room for as many as may be in flight.
class Pending {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Command {
    Time due;
    Ask ask;
  };

  explicit Pending(std::size_t room) : ring_(std::bit_ceil(room)) {}

  bool empty() const { return first_ == end_; }
  std::size_t size() const { return end_ - first_; }

  // Not empty.
  const Command& front() const { return ring_[first_ & (ring_.size() - 1)]; }
  void Pop() { ++first_; }

  // Not with as many as there is room for.
  void Push(const Command& command) { ring_[end_++ & (ring_.size() - 1)] = command; }

 private:
  std::vector<Command> ring_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

}  // namespace herd::load
