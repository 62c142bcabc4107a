#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "cli/target.h"

namespace herd::cli {

// A server for tests on a free loopback port: one connection at a time, on a thread of its own.
class FakeServer {
 public:
  // Answers one line, without its line end; nothing closes the connection. Called on the thread.
  using Answer = std::function<std::optional<std::string>(std::string_view line)>;

  explicit FakeServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        pipe2(stop_.data(), O_CLOEXEC) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }

  ~FakeServer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listener_);
  }

  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  Target target(std::string label = "fake") const {
    return {std::move(label), {"127.0.0.1", port_}};
  }

 private:
  // False when the test is over.
  bool WaitFor(int fd) const {
    std::array<pollfd, 2> polled = {{{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    return polled[1].revents == 0;
  }

  void Serve() {
    while (WaitFor(listener_)) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      ServeOne(connection);
      close(connection);
    }
  }

  void ServeOne(int connection) {
    std::string in;
    std::array<char, 4096> chunk;
    while (WaitFor(connection)) {
      const ssize_t got = recv(connection, chunk.data(), chunk.size(), 0);
      if (got <= 0) return;
      in.append(chunk.data(), static_cast<std::size_t>(got));
      for (std::size_t end = in.find('\n'); end != std::string::npos; end = in.find('\n')) {
        const auto reply = answer_(std::string_view(in).substr(0, end));
        if (!reply) return;
        in.erase(0, end + 1);
        if (send(connection, reply->data(), reply->size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  Answer answer_;
  int listener_ = -1;
  std::array<int, 2> stop_{};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace herd::cli
