#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/loop.h"

namespace herd::net {

// Accepts connections on one address for one loop.
class Listener {
 public:
  // Takes each connection, on the loop's thread. Returns whether another one may be taken before
  // the loop has looked at what this one says: not where the next would be taken in its place.
  using OnAccept = std::function<bool(Loop&, Socket, const boost::asio::ip::tcp::endpoint& peer)>;
  // Is told when accepting fails (for want of descriptors or memory); the listener tries again by
  // itself.
  using OnError = std::function<void(const std::string&)>;

  // For `socket_bytes`: as the system decides, up to megabytes.
  static constexpr int kAsTheSystemDecides = 0;

  // Listens on every address that `host` names ("*": all of the machine's) and `port` (0: one that
  // the system chooses), once for each loop: the system spreads the connections. Fails when another
  // process, or another server of this one, listens there already. Nothing is accepted before
  // Start. `socket_bytes` of each connection are what the system may keep of it each way:
  // SO_SNDBUF and SO_RCVBUF of socket(7).
  static std::expected<std::vector<std::unique_ptr<Listener>>, std::string> Open(
      const std::string& host, std::uint16_t port, std::span<Loop* const> loops,
      int socket_bytes = kAsTheSystemDecides);

  // Begins to accept; before the loop runs or on its thread.
  void Start(OnAccept on_accept, OnError on_error);

  // Stops for good; on the loop's thread.
  void Stop();

  boost::asio::ip::tcp::endpoint endpoint() const;

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

  Listener(Loop& loop, Acceptor acceptor);

  static std::expected<std::unique_ptr<Listener>, boost::system::error_code> OpenOne(
      Loop& loop, const boost::asio::ip::tcp::endpoint& endpoint, bool shared, int socket_bytes);

  Loop& loop_;
  Acceptor acceptor_;
  Timer retry_timer_;
  OnAccept on_accept_;
  OnError on_error_;

  void Wait();
  void Accept();
  void RetryLater(const boost::system::error_code& error);
};

// "1.2.3.4:80" or "[::1]:80".
std::string ToString(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace herd::net
