#include "net/listener.h"

#include <boost/asio/ip/v6_only.hpp>
#include <chrono>
#include <exception>
#include <set>
#include <sstream>
#include <utility>

namespace herd::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// After accept failed for want of descriptors: long enough for some to be closed.
constexpr std::chrono::milliseconds kAcceptRetryDelay{100};

// So many of those who wait are taken before the loop does something else: one at a time, whoever
// connects behind a thousand others would wait for a thousand rounds of the loop.
constexpr int kAcceptsAtOnce = 64;

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::expected<std::vector<tcp::endpoint>, std::string> Resolve(Loop& loop, const std::string& host,
                                                               std::uint16_t port) {
  if (host == "*") {
    // One socket of IPv6 takes IPv4 too; on a machine without IPv6 it cannot be opened.
    error_code error;
    const Socket probe = [&] {
      Socket socket(loop.context());
      socket.open(tcp::v6(), error);
      return socket;
    }();
    return std::vector{tcp::endpoint(error ? tcp::v4() : tcp::v6(), port)};
  }
  error_code error;
  boost::asio::ip::basic_resolver<tcp, Executor> resolver(loop.context());
  const auto found =
      resolver.resolve(host, std::to_string(port), boost::asio::ip::resolver_base::passive, error);
  if (error) return std::unexpected("cannot resolve " + host + ": " + error.message());
  std::set<tcp::endpoint> endpoints;
  for (const auto& entry : found) endpoints.insert(entry.endpoint());
  return std::vector(endpoints.begin(), endpoints.end());
}

}  // namespace

std::string ToString(const tcp::endpoint& endpoint) {
  std::ostringstream text;
  text << endpoint;
  return std::move(text).str();
}

Listener::Listener(Loop& loop, Acceptor acceptor)
    : loop_(loop), acceptor_(std::move(acceptor)), retry_timer_(loop.context()) {}

std::expected<std::vector<std::unique_ptr<Listener>>, std::string> Listener::Open(
    const std::string& host, std::uint16_t port, std::span<Loop* const> loops, int socket_bytes) {
  const auto endpoints = Resolve(*loops.front(), host, port);
  if (!endpoints) return std::unexpected(endpoints.error());
  std::vector<std::unique_ptr<Listener>> listeners;
  for (tcp::endpoint endpoint : *endpoints) {
    bool shared = false;
    for (Loop* loop : loops) {
      auto listener = OpenOne(*loop, endpoint, shared, socket_bytes);
      if (!listener) {
        return std::unexpected("cannot listen on " + ToString(endpoint) + ": " +
                               listener.error().message());
      }
      if (!shared && loops.size() > 1) {
        // The first was bound alone, which fails when anyone else listens there, also another
        // server of ours. From now on it shares the port with the other loops of this one.
        error_code ignored;  // the next bind shows it
        (*listener)->acceptor_.set_option(ReusePort(true), ignored);
        shared = true;
      }
      endpoint.port((*listener)->endpoint().port());
      listeners.push_back(*std::move(listener));
    }
  }
  return listeners;
}

std::expected<std::unique_ptr<Listener>, error_code> Listener::OpenOne(
    Loop& loop, const tcp::endpoint& endpoint, bool shared, int socket_bytes) {
  Acceptor acceptor(loop.context());
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && shared) acceptor.set_option(ReusePort(true), error);
  if (!error && endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(boost::asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  if (!error && socket_bytes != kAsTheSystemDecides) {
    // Accepted sockets have what the listening one has.
    acceptor.set_option(boost::asio::socket_base::send_buffer_size(socket_bytes), error);
    if (!error)
      acceptor.set_option(boost::asio::socket_base::receive_buffer_size(socket_bytes), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return std::unexpected(error);
  return std::unique_ptr<Listener>(new Listener(loop, std::move(acceptor)));
}

void Listener::Start(OnAccept on_accept, OnError on_error) {
  on_accept_ = std::move(on_accept);
  on_error_ = std::move(on_error);
  Wait();
}

void Listener::Stop() {
  error_code ignored;  // the descriptor is released whatever close says
  acceptor_.close(ignored);
  retry_timer_.cancel();
}

tcp::endpoint Listener::endpoint() const {
  return acceptor_.local_endpoint();
}

void Listener::Wait() {
  acceptor_.async_wait(Acceptor::wait_read, [this](error_code error) {
    if (!error && acceptor_.is_open()) Accept();
  });
}

void Listener::Accept() {
  for (int accepted = 0; accepted < kAcceptsAtOnce; ++accepted) {
    error_code error;
    bool go_on = true;
    try {
      tcp::endpoint peer;
      Socket socket = acceptor_.accept(loop_.context(), peer, error);
      if (!error) go_on = on_accept_(loop_, std::move(socket), peer);
    } catch (const std::exception& failure) {
      loop_.Report(failure);  // it costs this connection
    }
    if (!acceptor_.is_open()) return;
    if (error == boost::asio::error::would_block || !go_on) break;
    if (error && error != boost::asio::error::connection_aborted) return RetryLater(error);
  }
  Wait();
}

void Listener::RetryLater(const error_code& error) {
  on_error_("cannot accept on " + ToString(endpoint()) + ": " + error.message());
  retry_timer_.expires_after(kAcceptRetryDelay);
  retry_timer_.async_wait([this](error_code stopped) {
    if (!stopped && acceptor_.is_open()) Accept();
  });
}

}  // namespace herd::net
