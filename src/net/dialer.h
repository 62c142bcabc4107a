#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/resolver.h"

namespace herd::net {

// Opens one TCP connection: resolves the host's name anew, tries its addresses in turn, and gives
// up after a time. On the loop's thread.
class Dialer {
 public:
  using OnDone = std::function<void(std::expected<Socket, std::string>)>;

  explicit Dialer(Loop& loop);
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  ~Dialer();

  // `on_done` is called once, never before Dial returns, unless Cancel or the destructor comes
  // first. Only one dial at a time.
  void Dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
            OnDone on_done);

  void Cancel();

  // What the host's name was resolved to last; empty before it was.
  const std::vector<boost::asio::ip::address>& resolved() const { return resolved_; }

 private:
  struct Attempt;

  Loop& loop_;
  Resolver resolver_;
  std::vector<boost::asio::ip::address> resolved_;
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace herd::net
