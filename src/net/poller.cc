#include "net/poller.h"

#include <sys/epoll.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <utility>

namespace herd::net {
namespace {

int MakeEpoll() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return epoll;
}

int Control(int epoll, int operation, int socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  return ::epoll_ctl(epoll, operation, socket, &event);
}

}  // namespace

Poller::Poller(boost::asio::io_context& context) : epoll_(context.get_executor(), MakeEpoll()) {
  Wait();
}

std::error_code Poller::Add(int socket, std::uint32_t events, std::shared_ptr<Watcher> watcher) {
  // First, as memory may be short: nothing may be waited for that has no place.
  const auto place = static_cast<std::size_t>(socket);
  if (watchers_.size() <= place) watchers_.resize(place + 1);
  if (Control(epoll_.native_handle(), EPOLL_CTL_ADD, socket, events) != 0)
    return {errno, std::generic_category()};
  watchers_[place] = std::move(watcher);
  return {};
}

void Poller::Change(int socket, std::uint32_t events) {
  Control(epoll_.native_handle(), EPOLL_CTL_MOD, socket, events);
}

void Poller::Remove(int socket) {
  const auto place = static_cast<std::size_t>(socket);
  if (place >= watchers_.size() || !watchers_[place]) return;
  Control(epoll_.native_handle(), EPOLL_CTL_DEL, socket, 0);
  try {
    boost::asio::post(epoll_.get_executor(), [gone = watchers_[place]] {});
  } catch (const std::exception&) {
    return;  // no memory: it is let go when the socket's number is used again
  }
  watchers_[place].reset();
}

void Poller::Wait() {
  epoll_.async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;
    // Whatever a watcher does, the others are served on.
    std::exception_ptr failure;
    try {
      Serve();
    } catch (...) {
      failure = std::current_exception();
    }
    Wait();
    if (failure) std::rethrow_exception(failure);
  });
}

void Poller::Serve() {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(epoll_.native_handle(), events.data(), kEventsMax, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    // Gone, if one before it had its connection closed.
    const auto place = static_cast<std::size_t>(event.data.fd);
    if (watchers_[place]) watchers_[place]->OnReady(event.events);
  }
}

}  // namespace herd::net
