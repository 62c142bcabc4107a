#include "net/dialer.h"

#include <boost/asio/connect.hpp>
#include <utility>

namespace herd::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Resolver = boost::asio::ip::basic_resolver<tcp, Executor>;

}  // namespace

struct Dialer::Attempt : std::enable_shared_from_this<Attempt> {
  using Addresses = std::shared_ptr<std::vector<boost::asio::ip::address>>;

  Attempt(Loop& loop, Addresses found, OnDone done)
      : resolver(loop.context()),
        socket(loop.context()),
        timer(loop.context()),
        resolved(std::move(found)),
        on_done(std::move(done)) {}

  Resolver resolver;
  Socket socket;
  Timer timer;
  const Addresses resolved;
  OnDone on_done;  // empty: ended

  void Start(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout) {
    timer.expires_after(timeout);
    timer.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->End(std::unexpected("no answer in time"));
    });
    // Asio resolves one name at a time, and waits for its server: an address is no name.
    error_code is_a_name;
    const auto address = boost::asio::ip::make_address(host, is_a_name);
    if (!is_a_name) {
      *resolved = {address};
      return Connect(
          Resolver::results_type::create(tcp::endpoint(address, port), host, std::to_string(port)));
    }
    resolver.async_resolve(
        host, std::to_string(port),
        [self = shared_from_this()](error_code error, const Resolver::results_type& endpoints) {
          if (!self->on_done) return;
          if (error) return self->End(std::unexpected(error.message()));
          self->resolved->clear();
          for (const auto& entry : endpoints) self->resolved->push_back(entry.endpoint().address());
          self->Connect(endpoints);
        });
  }

  void Connect(const Resolver::results_type& endpoints) {
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
    resolver.cancel();
    socket.close(ignored);
  }
};

Dialer::Dialer(Loop& loop) : loop_(loop) {}

Dialer::~Dialer() {
  Cancel();
}

void Dialer::Dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  OnDone on_done) {
  Cancel();
  attempt_ = std::make_shared<Attempt>(loop_, resolved_, std::move(on_done));
  attempt_->Start(host, port, timeout);
}

void Dialer::Cancel() {
  if (!attempt_) return;
  attempt_->on_done = nullptr;
  attempt_->Release();
  attempt_.reset();
}

}  // namespace herd::net
