#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/poller.h"

namespace herd::net {

// An Asio socket bound to io_context itself: smaller and quicker than with the type-erased
// executor.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

// One event loop, run by one thread. What its connections share, so that an idle one costs next to
// nothing: the buffer they read into and the buffers they compose replies in.
class Loop {
 public:
  // How much is read from a connection at a time.
  static constexpr std::size_t kReadBytes = 65'536;

  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // What is told of an exception that nothing on the loop expected. On the loop's thread.
  using OnException = std::function<void(const std::exception& error)>;

  // Runs until Stop. Called once. An exception that a handler lets go is reported, and the loop
  // goes on: none may end a server.
  void Run();

  // Before Run. Without it nobody is told.
  void SetOnException(OnException on_exception) { on_exception_ = std::move(on_exception); }

  // Tells of an exception that was caught. On the loop's thread.
  void Report(const std::exception& error) const noexcept;

  // Any thread.
  void Stop() { context_.stop(); }

  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  Poller& poller() { return poller_; }

  // Whether the calling thread is the one in Run.
  bool OnThisThread() const {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  // Has `watcher` go on with work that takes long, after all whose sockets are ready now: those who
  // queue here have a millisecond at a time among them, in the order in which they came. On the
  // loop's thread.
  void QueueTurn(std::shared_ptr<Poller::Watcher> watcher);

  // Valid until the next connection of the loop reads. On the loop's thread.
  std::span<char> read_buffer() { return read_buffer_; }

  // An empty string with room, to be given back after use. On the loop's thread.
  std::string TakeBuffer();
  void GiveBuffer(std::string buffer);

 private:
  boost::asio::io_context context_{1};
  Poller poller_{context_};
  std::atomic<std::thread::id> thread_;
  std::array<char, kReadBytes> read_buffer_;
  std::vector<std::string> buffers_;
  OnException on_exception_;
  std::deque<std::shared_ptr<Poller::Watcher>> turns_;

  void RunTurns();
};

}  // namespace herd::net
