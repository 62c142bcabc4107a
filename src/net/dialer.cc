#include "net/dialer.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace herd::net {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::tcp;
using boost::system::error_code;

}  // namespace

struct Dialer::Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(Loop& loop, std::uint16_t to, OnDone done)
      : socket(loop.context()), timer(loop.context()), port(to), on_done(std::move(done)) {}

  Socket socket;
  Timer timer;
  const std::uint16_t port;
  std::string waits_for = "the look-up of its name";
  OnDone on_done;  // empty: ended

  void Start(std::chrono::milliseconds timeout) {
    timer.expires_after(timeout);
    timer.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->End(std::unexpected("no answer in time from " + self->waits_for));
    });
  }

  void Connect(const std::vector<address>& addresses) {
    if (!on_done) return;
    waits_for = "there";
    std::vector<tcp::endpoint> endpoints;
    for (const address& to : addresses) endpoints.emplace_back(to, port);
    boost::asio::async_connect(socket, endpoints,
                               [self = shared_from_this()](error_code error, const tcp::endpoint&) {
                                 if (!self->on_done) return;
                                 if (error) return self->End(std::unexpected(error.message()));
                                 self->End(std::move(self->socket));
                               });
  }

  void End(std::expected<Socket, std::string> result) {
    const OnDone done = std::exchange(on_done, nullptr);
    Release();
    if (done) done(std::move(result));
  }

  void Release() {
    error_code ignored;  // the descriptor is released whatever close says
    timer.cancel();
    socket.close(ignored);
  }
};

Dialer::Dialer(Loop& loop) : loop_(loop), resolver_(loop) {}

Dialer::~Dialer() {
  Cancel();
}

void Dialer::Dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  OnDone on_done) {
  Cancel();
  attempt_ = std::make_shared<Attempt>(loop_, port, std::move(on_done));
  attempt_->Start(timeout);
  error_code is_a_name;
  const address literal = boost::asio::ip::make_address(host, is_a_name);
  if (!is_a_name) {
    resolved_ = {literal};
    return attempt_->Connect(resolved_);
  }
  resolver_.Resolve(host, [this, attempt = attempt_](const Resolver::Result& found) {
    if (!found) return attempt->End(std::unexpected(found.error()));
    resolved_ = *found;
    attempt->Connect(resolved_);
  });
}

void Dialer::Cancel() {
  resolver_.Cancel();
  if (!attempt_) return;
  attempt_->on_done = nullptr;
  attempt_->Release();
  attempt_.reset();
}

}  // namespace herd::net
