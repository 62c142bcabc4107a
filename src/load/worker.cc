#include "load/worker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

namespace herd::load {
namespace {

using std::chrono::nanoseconds;

// While clients report first, as many are in flight on each connection.
constexpr std::size_t kFillInFlight = 64;
constexpr std::size_t kReadBytes = 256 * 1024;
// A write gathers at most this much.
constexpr std::size_t kBatchBytes = 64 * 1024;
// Nearer than this, waiting by looking again is more exact than the system's timer.
constexpr nanoseconds kSpin{20'000};
// A look at the clock and at the end of the run at least so often.
constexpr nanoseconds kPollMax{50'000'000};

std::string ErrorText() {
  return std::generic_category().message(errno);
}

std::uint32_t Share(std::uint32_t whole, unsigned part, unsigned parts) {
  return static_cast<std::uint32_t>(std::uint64_t{whole} * part / parts);
}

nanoseconds ThreadCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

Worker::Worker(const Settings& settings, unsigned number)
    : settings_(settings),
      source_(settings, Share(settings.clients, number, settings.threads),
              Share(settings.clients, number + 1, settings.threads) -
                  Share(settings.clients, number, settings.threads),
              settings.seed * 1'000'003 + number),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kReadBytes) {
  const std::size_t room = std::max(settings.in_flight, kFillInFlight);
  for (std::size_t i = number; i < settings.connections; i += settings.threads) {
    connections_.push_back({.fd = -1,
                            .server = connections_.size() % settings.servers.size(),
                            .pending = Pending(room),
                            .reader = ReplyReader(settings.dialect),
                            .unsent = {}});
  }
  if (settings.rate) interval_ns_ = 1e9 * settings.threads / *settings.rate;
}

Worker::~Worker() {
  for (const Connection& connection : connections_)
    if (connection.fd >= 0) ::close(connection.fd);
  ::close(epoll_);
}

std::expected<void, std::string> Worker::Connect() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = connections_[i];
    const ServerAddress& server = settings_.servers[connection.server];
    connection.fd = ::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection.fd < 0 ||
        ::connect(connection.fd, reinterpret_cast<const sockaddr*>(&server.address),
                  server.bytes) != 0) {
      return std::unexpected("connection " + std::to_string(i + 1) + ": " + ErrorText());
    }
    const int one = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // On loopback there is no congestion to control: the control that costs least. Where it is not
    // to be had, the system's own will do.
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    // By edges, so that the system need not look again at what has been read to its end.
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = i}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
  }
  return {};
}

std::expected<void, std::string> Worker::Fill(Clock::time_point deadline) {
  filling_ = true;
  for (Connection& connection : connections_) Send(connection, Clock::now());
  while (!Idle() && Clock::now() < deadline) Poll(deadline);
  filling_ = false;
  if (result_.connections_lost > 0) return std::unexpected("a server closed a connection");
  if (!Idle()) return std::unexpected("the clients' first reports were not answered in time");
  if (result_.refused > 0) {
    return std::unexpected(std::to_string(result_.refused) +
                           " of the clients' first reports were refused");
  }
  return {};
}

std::expected<void, std::string> Worker::SayOnce(Clock::time_point deadline) {
  ended_ = true;
  for (Connection& connection : connections_) {
    batch_.clear();
    const Clock::time_point now = Clock::now();
    connection.pending.Push({now, source_.Append(batch_, connection.server, now)});
    Write(connection, batch_);
  }
  while (!Idle() && Clock::now() < deadline) Poll(deadline);
  if (result_.connections_lost > 0) return std::unexpected("a server closed a connection");
  if (!Idle()) return std::unexpected("not every connection had its answer in time");
  return {};
}

void Worker::Run(const Schedule& schedule) {
  // The system may delay timers to save power, by 50 us unless told otherwise.
  ::prctl(PR_SET_TIMERSLACK, 1);
  schedule_ = schedule;
  const bool open = settings_.rate.has_value();
  if (!open) {
    for (Connection& connection : connections_) Send(connection, Clock::now());
  }
  nanoseconds cpu_at_measure{0};
  bool measuring = false;
  Clock::time_point now = Clock::now();
  while (now < schedule.end && result_.connections_lost < connections_.size()) {
    if (!measuring && now >= schedule.measure) {
      measuring = true;
      cpu_at_measure = ThreadCpuTime();
    }
    Poll(std::min(open ? Advance(now) : schedule.end, schedule.end));
    now = Clock::now();
  }
  cpu_time_ = ThreadCpuTime() - cpu_at_measure;
  if (open) Advance(schedule.end);
  ended_ = true;
  while (!Idle() && now < schedule.drain_end) {
    Poll(schedule.drain_end);
    now = Clock::now();
  }
  CountUnanswered(now);
}

void Worker::Poll(Clock::time_point until) {
  std::array<epoll_event, 256> events;
  nanoseconds left = std::clamp<nanoseconds>(until - Clock::now(), nanoseconds(0), kPollMax);
  if (left < kSpin) left = nanoseconds(0);
  const timespec timeout{.tv_sec = 0, .tv_nsec = left.count()};
  const int count =
      ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Connection& connection = connections_[event.data.u64];
    if (connection.fd < 0) continue;
    if ((event.events & EPOLLOUT) != 0 && !connection.unsent.empty()) {
      const std::string unsent = std::move(connection.unsent);
      connection.unsent.clear();
      Write(connection, unsent);
      Send(connection, Clock::now());
    }
    const bool ending = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    while (connection.fd >= 0 && Receive(connection, ending)) {
    }
  }
}

bool Worker::Receive(Connection& connection, bool ending) {
  const ssize_t size = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && errno == EINTR) return true;
  if (size < 0 && errno == EAGAIN) return false;
  if (size <= 0) {
    Lose(connection);
    return false;
  }
  const Clock::time_point now = Clock::now();
  const bool understood = connection.reader.Read(
      {buffer_.data(), static_cast<std::size_t>(size)},
      [&]() -> std::optional<Ask> {
        if (connection.pending.empty()) return std::nullopt;
        return connection.pending.front().ask;
      },
      [&](bool good) { Count(connection, now, good); });
  if (!understood) {
    Lose(connection);
    return false;
  }
  Send(connection, now);
  return ending || static_cast<std::size_t>(size) == buffer_.size();
}

void Worker::Count(Connection& connection, Clock::time_point now, bool good) {
  const Pending::Command command = connection.pending.front();
  connection.pending.Pop();
  if (!good) ++result_.refused;
  if (filling_) return;
  replies_.store(replies() + 1, std::memory_order_relaxed);
  if (now >= schedule_.measure && now < schedule_.end) ++result_.replies;
  if (command.due < schedule_.measure) return;
  (command.ask == Ask::kReport ? result_.reports : result_.questions).Record(now - command.due);
}

void Worker::Send(Connection& connection, Clock::time_point now) {
  if (connection.fd < 0 || !connection.unsent.empty()) return;
  const std::size_t in_flight_max = filling_ ? kFillInFlight : settings_.in_flight;
  batch_.clear();
  while (connection.pending.size() < in_flight_max && AppendNext(connection, now)) {
    if (batch_.size() < kBatchBytes) continue;
    Write(connection, batch_);
    batch_.clear();
    if (connection.fd < 0 || !connection.unsent.empty()) return;
  }
  if (!batch_.empty()) Write(connection, batch_);
}

bool Worker::AppendNext(Connection& connection, Clock::time_point now) {
  if (filling_) {
    if (!source_.AppendFirst(batch_, connection.server, now)) return false;
    connection.pending.Push({now, Ask::kReport});
    return true;
  }
  Clock::time_point due = now;
  if (settings_.rate) {
    if (connection.sent == connection.due) return false;
    const auto number = static_cast<std::uint64_t>(&connection - connections_.data());
    due = DueTime(connection.sent++ * connections_.size() + number);
  } else if (ended_) {
    return false;
  }
  connection.pending.Push({due, source_.Append(batch_, connection.server, now)});
  return true;
}

void Worker::Write(Connection& connection, std::string_view bytes) {
  const ssize_t written =
      ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (written < 0 && errno != EAGAIN && errno != EINTR) return Lose(connection);
  bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, written)));
  if (bytes.empty()) return;
  // There is an edge when the socket takes more.
  connection.unsent.assign(bytes);
}

void Worker::Lose(Connection& connection) {
  ::close(connection.fd);
  connection.fd = -1;
  ++result_.connections_lost;
}

Worker::Clock::time_point Worker::DueTime(std::uint64_t number) const {
  return schedule_.start +
         nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) * interval_ns_));
}

Worker::Clock::time_point Worker::Advance(Clock::time_point now) {
  touched_.clear();
  Clock::time_point due = DueTime(scheduled_);
  for (; due <= now && due < schedule_.end; due = DueTime(++scheduled_)) {
    const std::size_t number = scheduled_ % connections_.size();
    if (connections_[number].due++ == connections_[number].sent) touched_.push_back(number);
  }
  for (const std::size_t number : touched_) Send(connections_[number], now);
  return due;
}

bool Worker::Idle() const {
  return std::ranges::all_of(connections_, [](const Connection& connection) {
    return connection.fd < 0 || (connection.pending.empty() && connection.sent == connection.due);
  });
}

void Worker::CountUnanswered(Clock::time_point now) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = connections_[i];
    for (; !connection.pending.empty(); connection.pending.Pop()) {
      const auto& [due, ask] = connection.pending.front();
      ++result_.unanswered;
      if (due >= schedule_.measure)
        (ask == Ask::kReport ? result_.reports : result_.questions).Record(now - due);
    }
    for (; connection.sent < connection.due; ++connection.sent) {
      const Clock::time_point due = DueTime(connection.sent * connections_.size() + i);
      ++result_.unanswered;
      if (due >= schedule_.measure) result_.reports.Record(now - due);
    }
  }
}

}  // namespace herd::load
