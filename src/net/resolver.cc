#include "net/resolver.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace herd::net {

struct Resolver::Asked {
  explicit Asked(std::string name, Resolver& asker) : host(std::move(name)), resolver(&asker) {}

  const std::string host;
  std::mutex mutex;
  Resolver* resolver;  // nothing once nobody waits; then even the loop may be gone

  // On the look-up's thread.
  static void Run(const std::shared_ptr<Asked>& asked, const LookUp& look_up);
  static void Answer(const std::shared_ptr<Asked>& asked, const Result& result);
};

void Resolver::Asked::Run(const std::shared_ptr<Asked>& asked, const LookUp& look_up) {
  // Without memory there is not even an error to answer with.
  constexpr std::chrono::milliseconds kPause{100};
  while (true) {
    try {
      return Answer(asked, look_up(asked->host));
    } catch (const std::exception&) {
      std::this_thread::sleep_for(kPause);
    }
  }
}

void Resolver::Asked::Answer(const std::shared_ptr<Asked>& asked, const Result& result) {
  const std::lock_guard lock(asked->mutex);
  if (asked->resolver == nullptr) return;
  boost::asio::post(asked->resolver->loop_.context(), [asked, result] {
    // Nothing but the loop's thread, which this is, changes it.
    if (asked->resolver != nullptr) asked->resolver->End(result);
  });
}

Resolver::Result Resolver::AskSystem(const std::string& host) {
  try {
    boost::asio::io_context context;
    boost::asio::ip::tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto found = resolver.resolve(host, "", error);
    if (error) return std::unexpected(error.message());
    std::vector<boost::asio::ip::address> addresses;
    for (const auto& entry : found) addresses.push_back(entry.endpoint().address());
    return addresses;
  } catch (const std::exception& error) {  // no memory
    return std::unexpected(error.what());
  }
}

Resolver::Resolver(Loop& loop, LookUp look_up) : loop_(loop), look_up_(std::move(look_up)) {}

Resolver::~Resolver() {
  Forget();
}

void Resolver::Resolve(const std::string& host, OnDone on_done) {
  on_done_ = std::move(on_done);
  if (asked_ && asked_->host == host) return;
  Forget();
  Ask(host);
}

void Resolver::Ask(const std::string& host) {
  auto asked = std::make_shared<Asked>(host, *this);
  try {
    std::thread([asked, look_up = look_up_] { Asked::Run(asked, look_up); }).detach();
  } catch (const std::exception& error) {
    Asked::Answer(asked, std::unexpected(std::string("there is no thread to look the name up: ") +
                                         error.what()));
  }
  // Only now: one that nobody answers would be waited for for ever.
  asked_ = std::move(asked);
}

void Resolver::Forget() {
  const std::shared_ptr<Asked> asked = std::exchange(asked_, nullptr);
  if (!asked) return;
  const std::lock_guard lock(asked->mutex);
  asked->resolver = nullptr;
}

void Resolver::End(Result result) {
  asked_.reset();
  if (const OnDone done = std::exchange(on_done_, nullptr)) done(std::move(result));
}

}  // namespace herd::net
