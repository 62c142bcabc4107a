// The floor: what no server on this stack can beat. One thread, a bare epoll, and for each newline
// that comes the same line back, as long as an AT. It knows no command, keeps nothing and sends
// what is due to one read in one write. What Herd costs more than this is Herd's own work.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace {

constexpr std::string_view kReply =
    "AT Alone +0.000123456 client-0000042 +34.068930-118.445127 1520023934.918963997\n";

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "herd_floor: " << what << ": " << std::generic_category().message(errno) << '\n';
  std::exit(1);
}

int Listen(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, SOMAXCONN) != 0) {
    Die("port " + std::to_string(port));
  }
  return fd;
}

void Watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
}

void Accept(int epoll, int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  Watch(epoll, fd);
}

// Answers what one read brings.
void Serve(int fd, std::string& replies) {
  static std::array<char, 65'536> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    ::close(fd);
    return;
  }
  const auto lines =
      static_cast<std::size_t>(std::count(buffer.begin(), buffer.begin() + size, '\n'));
  while (replies.size() < lines * kReply.size()) replies += kReply;
  // Waits when the client does not read: a loader always does.
  std::string_view left(replies.data(), lines * kReply.size());
  while (!left.empty()) {
    const ssize_t sent = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0) break;  // the next read tells that it is gone
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view text = argc == 2 ? argv[1] : "";
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    std::cerr << "usage: herd_floor PORT    (listens on 127.0.0.1 until it is killed)\n";
    return 2;
  }
  const int listener = Listen(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  Watch(epoll, listener);
  std::string replies;
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        Accept(epoll, listener);
      } else {
        Serve(fd, replies);
      }
    }
  }
}
