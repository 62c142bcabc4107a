#include "cli/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace herd::cli {
namespace {

using Clock = std::chrono::steady_clock;

// 0, or why the connection did not come about.
int FinishConnect(int fd, const addrinfo& address, Clock::time_point deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready == 0) return ETIMEDOUT;
    if (ready < 0 && errno != EINTR) return errno;
    if (ready > 0) break;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

std::expected<Connection, std::string> Connection::Connect(const server::Endpoint& endpoint,
                                                           std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int resolved =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (resolved != 0) return std::unexpected(gai_strerror(resolved));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const Clock::time_point deadline = Clock::now() + timeout;
  int error = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    Connection connection(socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                 address->ai_protocol));
    if (connection.fd_ < 0) {
      error = errno;
      continue;
    }
    error = FinishConnect(connection.fd_, *address, deadline);
    if (error != 0) continue;
    // Commands are small, and are sent in as large writes as there are.
    const int yes = 1;
    setsockopt(connection.fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connection;
  }
  return std::unexpected(std::strerror(error));
}

Connection::Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

bool Connection::Write(std::string& out) {
  while (!out.empty()) {
    const ssize_t sent = send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::Read(std::string& in) {
  std::array<char, 65'536> chunk;
  while (true) {
    const ssize_t got = recv(fd_, chunk.data(), chunk.size(), 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    in.append(chunk.data(), static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < chunk.size()) return true;
  }
}

}  // namespace herd::cli
