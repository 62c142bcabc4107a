// Loads one server: a number of connections, each with a number of IAMATs in flight, for some
// seconds; or only holds idle connections. Prints one line of JSON with the rate and what the
// server spent.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/core.h>

#include "server/config.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string server = "127.0.0.1:12000";
  int connections = 1;
  int in_flight = 1;
  double seconds = 5;
  int clients = 100'000;
  bool idle = false;
  int pid = 0;
};

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "herd_load: " << what << ": " << std::generic_category().message(errno) << '\n';
  std::exit(1);
}

// What the system has counted for a process.
struct Usage {
  double cpu_seconds = 0;
  long rss_kb = 0;
};

Usage UsageOf(int pid) {
  Usage usage;
  if (pid == 0) return usage;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  // Behind the command's name in brackets: utime and stime are fields 14 and 15, rss field 24.
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
  if (values.size() < 22) Die("no process " + std::to_string(pid));
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.cpu_seconds = (std::stod(values[11]) + std::stod(values[12])) / ticks;
  usage.rss_kb = std::stol(values[21]) * (::sysconf(_SC_PAGESIZE) / 1024);
  return usage;
}

int Connect(const sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    Die("connect");
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    const auto endpoint = herd::server::ParseEndpoint(options.server);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (!endpoint || ::inet_pton(AF_INET, endpoint->host.c_str(), &address.sin_addr) != 1)
      Die("--server " + options.server);
    address.sin_port = htons(endpoint->port);
    for (int i = 0; i < options.connections; ++i) {
      fds_.push_back(Connect(address));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fds_.back();
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fds_.back(), &event);
    }
  }

  std::uint64_t Run() {
    const auto end = Clock::now() + std::chrono::duration<double>(options_.seconds);
    for (const int fd : fds_) Send(fd, options_.in_flight);
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), 1000);
      for (int i = 0; i < count; ++i) Take(events[static_cast<std::size_t>(i)].data.fd);
    }
    return replies_;
  }

  // Every connection says one thing and has its answer, so that none is only half there.
  void SayOnce() {
    for (const int fd : fds_) {
      Send(fd, 1);
      Take(fd);
    }
  }

 private:
  const Options& options_;
  const int epoll_;
  std::vector<int> fds_;
  std::uint64_t sent_ = 0;
  std::uint64_t replies_ = 0;
  std::array<char, 65'536> buffer_{};

  void Send(int fd, int count) {
    std::string batch;
    for (int i = 0; i < count; ++i) {
      // A walk through the clients in a fixed mixed order; every report is newer than the last.
      const std::uint64_t client =
          sent_ * 2'654'435'761U % static_cast<std::uint64_t>(options_.clients);
      fmt::format_to(std::back_inserter(batch),
                     "IAMAT client-{:07} +34.{:06}-118.{:06} 15200239{:02}.{:09}\n", client,
                     sent_ % 1'000'000, (sent_ * 7) % 1'000'000, sent_ / 1'000'000'000 % 100,
                     sent_ % 1'000'000'000);
      ++sent_;
    }
    if (::send(fd, batch.data(), batch.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(batch.size()))
      Die("send");
  }

  void Take(int fd) {
    const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) Die("recv");
    const auto lines = std::count(buffer_.begin(), buffer_.begin() + size, '\n');
    replies_ += static_cast<std::uint64_t>(lines);
    if (!options_.idle && lines > 0) Send(fd, static_cast<int>(lines));
  }
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Load one server with reports, or hold idle connections to it", "herd_load"};
  app.add_option("--server", options.server, "ADDRESS:PORT (IPv4)");
  app.add_option("--connections", options.connections, "Connections")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--in-flight", options.in_flight, "Reports in flight on each")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", options.seconds, "How long");
  app.add_option("--clients", options.clients, "How many clients report")
      ->check(CLI::Range(1, 10'000'000));
  app.add_flag("--idle", options.idle, "Say one thing on each connection, then nothing");
  app.add_option("--pid", options.pid, "The server's process, to tell what it spends");
  CLI11_PARSE(app, argc, argv);
  const Usage empty = UsageOf(options.pid);
  Load load(options);
  if (options.idle) {
    load.SayOnce();
    const Usage full = UsageOf(options.pid);
    fmt::print(
        "{{\"connections\":{},\"rss_kb_before\":{},\"rss_kb\":{},\"bytes_per_connection\":{:.0f}}}"
        "\n",
        options.connections, empty.rss_kb, full.rss_kb,
        static_cast<double>(full.rss_kb - empty.rss_kb) * 1024 / options.connections);
    return 0;
  }
  const auto start = Clock::now();
  const std::uint64_t replies = load.Run();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu = UsageOf(options.pid).cpu_seconds - empty.cpu_seconds;
  fmt::print(
      "{{\"connections\":{},\"in_flight\":{},\"replies\":{},\"per_second\":{:.0f},\"server_cpu_"
      "seconds\":{:.2f},"
      "\"per_server_cpu_second\":{:.0f}}}\n",
      options.connections, options.in_flight, replies, static_cast<double>(replies) / seconds, cpu,
      cpu > 0 ? static_cast<double>(replies) / cpu : 0);
  return 0;
}
