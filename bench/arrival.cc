// Times reports on their way through a herd, or down a chain of bare relays: from the moment at
// which a report is handed to the first one's socket to the moment at which its line has been read
// from the last one's. One report at a time is on its way; behind it there is a pause. Prints one
// object of JSON.
//
// To the last server of a herd this is a neighbour, so that the line comes as it would come to a
// fifth server: nobody has to ask for it. It takes part in no tree and answers PINGs only.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/core.h>

#include "flood/handshake.h"
#include "flood/message.h"
#include "load/histogram.h"
#include "loopback.h"
#include "net/lines.h"
#include "reports.h"

namespace {

using namespace herd;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kClient = "probe-00000001";
// One that has not arrived by then is lost.
constexpr std::chrono::seconds kPatience{5};
// The first ones find cold caches; they are not counted.
constexpr int kWarmUp = 50;

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "herd_arrival: " << what << '\n';
  std::exit(1);
}

[[noreturn]] void DieOfErrno(const std::string& what) {
  Die(what + ": " + std::generic_category().message(errno));
}

int Socket() {
  const int fd = bench::TcpSocket();
  if (fd < 0) DieOfErrno("socket");
  return fd;
}

// Goes on trying for a while: the first of the relays is started last.
int Dial(std::uint16_t port) {
  const sockaddr_in address = bench::Loopback(port);
  const Clock::time_point end = Clock::now() + kPatience;
  for (;;) {
    const int fd = Socket();
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    if (errno != ECONNREFUSED || Clock::now() > end) DieOfErrno("port " + std::to_string(port));
    ::close(fd);
    ::usleep(10'000);
  }
}

// Waits for one connection.
int Take(std::uint16_t port) {
  const int listener = Socket();
  const sockaddr_in address = bench::Loopback(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 1) != 0) {
    DieOfErrno("port " + std::to_string(port));
  }
  std::cout << "ready" << std::endl;
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) DieOfErrno("accept");
  ::close(listener);
  return fd;
}

void Send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) DieOfErrno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// The end at which reports arrive: lines that come over one connection.
class Arrivals {
 public:
  explicit Arrivals(int fd) : fd_(fd) {}

  int fd() const { return fd_; }

  // Gives `take` each line that comes until it says that it was the one, or until `end`; whether it
  // was.
  template <typename TakeLine>
  bool Until(Clock::time_point end, TakeLine&& take) {
    for (;;) {
      for (;;) {
        const std::string_view left = std::string_view(held_).substr(taken_);
        const net::LineScan scan = net::NextLine(left, flood::kMessageBytesMax);
        if (scan.kind != net::LineScan::Kind::kLine) break;
        taken_ += scan.consumed;
        if (take(scan.line)) return true;
      }
      held_.erase(0, std::exchange(taken_, 0));
      if (!Read(end)) return false;
    }
  }

 private:
  const int fd_;
  std::string held_;
  std::size_t taken_ = 0;

  // Waits for more, until `end` at most.
  bool Read(Clock::time_point end) {
    const auto left = std::max(end - Clock::now(), Clock::duration(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{
        .tv_sec = seconds.count(),
        .tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count()};
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::ppoll(&waiting, 1, &timeout, nullptr) <= 0) return false;
    std::array<char, 65'536> buffer;
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (size <= 0) Die("the end at which reports arrive was closed");
    held_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }
};

std::string RandomHex(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) DieOfErrno("getrandom");
  std::string hex;
  for (const char byte : random) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

// Proves to the last server that this is its neighbour.
void Open(Arrivals& arrivals, const std::string& herd, const std::string& name,
          const std::string& to) {
  const char* const secret = std::getenv("HERD_SECRET");
  if (secret == nullptr) Die("HERD_SECRET is not set");
  const flood::Identity identity{.herd = herd,
                                 .name = name,
                                 .neighbours = {to},
                                 .secret = flood::Secret(secret),
                                 .run = RandomHex(8)};
  flood::Handshake handshake(identity, flood::Handshake::Role::kDialer, to, RandomHex(32));
  std::string out;
  handshake.Start(out);
  Send(arrivals.fd(), out);
  using State = flood::Handshake::State;
  arrivals.Until(Clock::now() + kPatience, [&](std::string_view line) {
    out.clear();
    handshake.Receive(line, out);
    Send(arrivals.fd(), out);
    return handshake.state() == State::kOpen || handshake.state() == State::kRefused;
  });
  if (handshake.state() != State::kOpen) Die(to + " does not open the link: " + handshake.reason());
}

class Probe {
 public:
  Probe(int to, Arrivals& arrivals) : to_(to), arrivals_(arrivals) {}

  // Sends one report when it is due; how long it took to arrive, or nothing when it was lost.
  std::optional<Clock::duration> Send(Clock::time_point due) {
    const bool late = Clock::now() > due;
    WaitUntil(due);
    std::array<char, 4096> replies;
    while (::recv(to_, replies.data(), replies.size(), MSG_DONTWAIT) > 0) {
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    const std::string time = fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000);
    const std::string line = fmt::format("IAMAT {} +34.068930-118.445127 {}\n", kClient, time);
    // The system may wake us some microseconds late, which is not the herd's doing.
    const Clock::time_point start = late ? due : Clock::now();
    ::Send(to_, line);
    const bool came = arrivals_.Until(Clock::now() + kPatience, [&](std::string_view arrived) {
      Answer(arrived);
      return arrived.ends_with(time) && arrived.find(kClient) != std::string_view::npos;
    });
    if (!came) return std::nullopt;
    return Clock::now() - start;
  }

 private:
  const int to_;
  Arrivals& arrivals_;

  void WaitUntil(Clock::time_point moment) {
    arrivals_.Until(moment, [&](std::string_view line) {
      Answer(line);
      return false;
    });
  }

  void Answer(std::string_view line) {
    constexpr std::string_view kPing = "PING ";
    if (line.starts_with(kPing))
      ::Send(arrivals_.fd(),
             fmt::format("PONG {} {}\n", line.substr(kPing.size()), herd::bench::Now().value));
  }
};

double Microseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times reports on their way through a herd or down a chain of relays");
  std::uint16_t to = 0;
  std::uint16_t peer = 0;
  std::uint16_t relay = 0;
  std::string herd;
  std::string name = "Probe";
  std::string neighbour;
  int count = 1'000;
  int every_us = 1'000;
  app.add_option("--to", to, "Port of the first one, for clients")->required();
  app.add_option("--relay", relay,
                 "Port to wait on for the last relay; says \"ready\" when it does");
  app.add_option("--peer", peer, "Port of the last server, for neighbours");
  app.add_option("--herd", herd, "The herd's name");
  app.add_option("--name", name, "Our name, a neighbour of the last server");
  app.add_option("--neighbour", neighbour, "The name of the last server");
  app.add_option("--count", count, "Reports")->check(CLI::Range(1, 100'000'000));
  app.add_option("--every-us", every_us, "Between the moments at which two are due")
      ->check(CLI::Range(1, 10'000'000));
  CLI11_PARSE(app, argc, argv);
  if ((peer == 0) == (relay == 0)) Die("give one of --peer and --relay");

  // The system may delay timers to save power, by 50 us unless told otherwise.
  ::prctl(PR_SET_TIMERSLACK, 1);
  Arrivals arrivals(relay != 0 ? Take(relay) : Dial(peer));
  if (peer != 0) Open(arrivals, herd, name, neighbour);
  Probe probe(Dial(to), arrivals);
  load::Histogram latencies;
  int lost = 0;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kWarmUp + count; ++i) {
    const auto took = probe.Send(start + std::int64_t{i} * std::chrono::microseconds(every_us));
    if (!took) {
      ++lost;
    } else if (i >= kWarmUp) {
      latencies.Record(*took);
    }
  }
  fmt::print(
      "{{\"count\":{},\"lost\":{},\"mean\":{:.1f},\"p50\":{:.1f},\"p90\":{:.1f},"
      "\"p99\":{:.1f},\"p99_9\":{:.1f},\"max\":{:.1f}}}\n",
      latencies.count(), lost, Microseconds(latencies.Mean()),
      Microseconds(latencies.Percentile(50)), Microseconds(latencies.Percentile(90)),
      Microseconds(latencies.Percentile(99)), Microseconds(latencies.Percentile(99.9)),
      Microseconds(latencies.max()));
  return lost == 0 ? 0 : 1;
}
