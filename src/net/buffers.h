#pragma once

#include <array>
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "net/loop.h"

namespace herd::net {

class Buffers;
class Connection;

// What a connection holds in memory, while that is enough to be counted.
struct HeldBytes
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  HeldBytes(Connection& owner, Buffers& counter) : connection(owner), buffers(counter) {}

  Connection& connection;
  Buffers& buffers;
  std::size_t bytes = 0;
};

// What the connections of one loop hold in memory: input that is not taken yet, and output that
// waits, with what the system holds of those whose sockets are full. When it is more than the bound
// in all, those that hold most are closed, of those that hold alike (within a factor of two) the
// one that has done so for longest; so who holds little, or reads what it is sent, is left alone.
// On the loop's thread. Outlives its connections.
class Buffers {
 public:
  // A connection that holds less is not counted: nearly all, so that counting costs them nothing.
  static constexpr std::size_t kCountedMin = 4096;

  // `socket_bytes`: of Listener::Open. `total`, which any thread may read, is kept at what all
  // hold.
  Buffers(Loop& loop, std::size_t bytes_max, std::size_t socket_bytes,
          std::atomic<std::uint64_t>& total)
      : loop_(loop),
        bytes_max_(bytes_max),
        full_socket_bytes_(kOverhead * socket_bytes),
        total_(total) {}
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  // What the system takes for one direction of a socket when that is full.
  std::size_t full_socket_bytes() const { return full_socket_bytes_; }

  // `held` is of `bytes` now. Over the bound connections are closed soon, not within the call.
  void Set(HeldBytes& held, std::size_t bytes);

 private:
  using List = boost::intrusive::list<HeldBytes, boost::intrusive::constant_time_size<false>>;

  // socket(7): the kernel doubles what SO_SNDBUF and SO_RCVBUF say, to have room for bookkeeping.
  static constexpr std::size_t kOverhead = 2;

  Loop& loop_;
  const std::size_t bytes_max_;
  const std::size_t full_socket_bytes_;
  std::atomic<std::uint64_t>& total_;
  bool closing_ = false;  // CloseGreediest is posted
  // By the number of binary digits of what they hold.
  std::array<List, std::numeric_limits<std::size_t>::digits + 1> classes_;

  std::size_t total() const { return total_.load(std::memory_order_relaxed); }
  void CloseGreediest();
};

}  // namespace herd::net
