#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

namespace herd::net {

// Tells the connections of one loop when their sockets can be read or written.
//
// An epoll instance of its own, of which Asio watches the one descriptor. Asio by itself makes a
// system call to wait for a socket anew after each wake-up, and keeps some 300 bytes for each; this
// makes one for all sockets that are ready together. On the loop's thread.
class Poller {
 public:
  // Who waits for a socket.
  class Watcher {
   public:
    Watcher() = default;
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    virtual ~Watcher() = default;

    // `events` of epoll_ctl(2): those waited for, and EPOLLERR and EPOLLHUP always. Called again
    // and again as long as they last, and now and then without cause.
    virtual void OnReady(std::uint32_t events) = 0;

    // Its turn has come, after Loop::QueueTurn.
    virtual void OnTurn() {}
  };

  // Throws std::system_error when the system gives no descriptor.
  explicit Poller(boost::asio::io_context& context);

  // Waits for `events` of the socket. The watcher is kept alive until Remove, or the poller ends.
  std::error_code Add(int socket, std::uint32_t events, std::shared_ptr<Watcher> watcher);

  // Waits for other events of a socket that was added.
  void Change(int socket, std::uint32_t events);

  // Waits no more; to be called before the socket is closed, also when it was not added. The
  // watcher is let go when the calling handler has returned.
  void Remove(int socket);

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  // At most so many sockets have their turn before the loop's timers and other work do.
  static constexpr std::size_t kEventsMax = 64;

  Descriptor epoll_;
  std::vector<std::shared_ptr<Watcher>> watchers_;  // by socket

  void Wait();
  void Serve();
};

}  // namespace herd::net
