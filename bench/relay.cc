// A bare relay: takes one connection and hands each whole line that comes over it to the next
// address, in one write for what one read brings. Some of these in a row are what a herd's links
// are measured against: no server can bring a report over as many links with less.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

#include "loopback.h"

namespace {

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "herd_relay: " << what << ": " << std::generic_category().message(errno) << '\n';
  std::exit(1);
}

int Socket() {
  const int fd = herd::bench::TcpSocket();
  if (fd < 0) Die("socket");
  return fd;
}

std::uint16_t PortOf(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

// Hands on what is whole; keeps the rest.
void Forward(int to, std::string& held) {
  const std::size_t end = held.rfind('\n');
  if (end == std::string::npos) return;
  std::string_view left(held.data(), end + 1);
  while (!left.empty()) {
    const ssize_t sent = ::send(to, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0) Die("send");
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  held.erase(0, end + 1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint16_t own = argc == 3 ? PortOf(argv[1]) : std::uint16_t{0};
  const std::uint16_t next = argc == 3 ? PortOf(argv[2]) : std::uint16_t{0};
  if (own == 0 || next == 0) {
    std::cerr << "usage: herd_relay PORT NEXT_PORT    (on 127.0.0.1, for one connection; says "
                 "\"ready\" when it listens)\n";
    return 2;
  }
  const int to = Socket();
  const sockaddr_in there = herd::bench::Loopback(next);
  if (::connect(to, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) Die("connect");
  const int listener = Socket();
  const sockaddr_in here = herd::bench::Loopback(own);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0 ||
      ::listen(listener, 1) != 0) {
    Die("port " + std::to_string(own));
  }
  std::cout << "ready" << std::endl;
  const int from = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (from < 0) Die("accept");
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, from, &event) != 0) Die("epoll_ctl");
  std::string held;
  std::array<char, 65'536> buffer;
  for (;;) {
    if (::epoll_wait(epoll, &event, 1, -1) != 1) continue;
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return 0;
    held.append(buffer.data(), static_cast<std::size_t>(size));
    Forward(to, held);
  }
}
