#include "load/load.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

#include "load/worker.h"

namespace herd::load {
namespace {

using Clock = Worker::Clock;
using Workers = std::vector<std::unique_ptr<Worker>>;

constexpr std::chrono::milliseconds kTick{100};
// For all clients' first reports; a million take some seconds.
constexpr std::chrono::minutes kFillMax{5};
// For the threads to be there before the first command is due.
constexpr std::chrono::milliseconds kStartDelay{5};

// Tries one address. The error is errno.
std::expected<void, int> TryConnect(const addrinfo& address, std::chrono::milliseconds timeout) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(errno);
  // Linux lets it bound connect, too.
  const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = timeout.count() % 1000 * 1000};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int failed = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) return std::unexpected(failed == EINPROGRESS ? ETIMEDOUT : failed);
  return {};
}

std::expected<std::vector<ProcessUsage>, std::string> UsageOf(const std::vector<pid_t>& pids) {
  std::vector<ProcessUsage> usages;
  for (const pid_t pid : pids) {
    const auto usage = ProcessUsage::Of(pid);
    if (!usage) return std::unexpected(usage.error());
    usages.push_back(*usage);
  }
  return usages;
}

std::expected<Workers, std::string> ConnectedWorkers(const Settings& settings) {
  Workers workers;
  for (unsigned i = 0; i < settings.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(settings, i));
    if (const auto connected = workers.back()->Connect(); !connected)
      return std::unexpected(connected.error());
  }
  return workers;
}

std::expected<void, std::string> FillAll(const Workers& workers) {
  std::vector<std::expected<void, std::string>> filled(workers.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      threads.emplace_back([&, i] { filled[i] = workers[i]->Fill(Clock::now() + kFillMax); });
    }
  }
  for (const auto& one : filled)
    if (!one) return one;
  return {};
}

// Sleeps, and ticks meanwhile.
void WaitUntil(Clock::time_point until, const Worker::Schedule& schedule, const Workers& workers,
               const Hooks& hooks) {
  for (Clock::time_point now = Clock::now(); now < until; now = Clock::now()) {
    if (hooks.tick) {
      std::uint64_t replies = 0;
      for (const auto& worker : workers) replies += worker->replies();
      const std::chrono::duration<double> done = now - schedule.start;
      const std::chrono::duration<double> whole = schedule.end - schedule.start;
      hooks.tick(std::clamp(done / whole, 0.0, 1.0), replies);
    }
    std::this_thread::sleep_until(std::min(until, now + kTick));
  }
}

Result Sum(const Settings& settings, const Workers& workers) {
  Result sum{.length = settings.length};
  std::chrono::duration<double> cpu{0};
  for (const auto& worker : workers) {
    const Result& part = worker->result();
    sum.replies += part.replies;
    sum.reports.Merge(part.reports);
    sum.questions.Merge(part.questions);
    sum.refused += part.refused;
    sum.unanswered += part.unanswered;
    sum.connections_lost += part.connections_lost;
    cpu += worker->cpu_time();
  }
  sum.loader_busy = cpu / sum.length / settings.threads;
  return sum;
}

}  // namespace

std::expected<ServerAddress, std::string> ServerAddress::Find(const std::string& host,
                                                              std::uint16_t port,
                                                              std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return std::unexpected(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  std::string why = "no address";
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (const auto connected = TryConnect(*address, timeout); !connected) {
      why = std::generic_category().message(connected.error());
      continue;
    }
    ServerAddress server;
    std::copy_n(reinterpret_cast<const char*>(address->ai_addr), address->ai_addrlen,
                reinterpret_cast<char*>(&server.address));
    server.bytes = address->ai_addrlen;
    return server;
  }
  return std::unexpected(why);
}

std::expected<Result, std::string> Run(const Settings& settings, const Hooks& hooks) {
  const auto workers = ConnectedWorkers(settings);
  if (!workers) return std::unexpected(workers.error());
  if (settings.report_first) {
    if (const auto filled = FillAll(*workers); !filled) return std::unexpected(filled.error());
  }

  Worker::Schedule schedule{.start = Clock::now() + kStartDelay};
  schedule.measure = schedule.start + settings.warm_up;
  schedule.end = schedule.measure + settings.length;
  schedule.drain_end = schedule.end + settings.drain;
  std::expected<std::vector<ProcessUsage>, std::string> before;
  std::expected<std::vector<ProcessUsage>, std::string> after;
  {
    std::vector<std::jthread> threads;
    for (const auto& worker : *workers) threads.emplace_back([&] { worker->Run(schedule); });
    WaitUntil(schedule.measure, schedule, *workers, hooks);
    before = UsageOf(settings.pids);
    WaitUntil(schedule.end, schedule, *workers, hooks);
    after = UsageOf(settings.pids);
  }
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  Result result = Sum(settings, *workers);
  for (std::size_t i = 0; i < after->size(); ++i) {
    result.processes.push_back(
        {.cpu = (*after)[i].cpu - (*before)[i].cpu, .rss_bytes = (*after)[i].rss_bytes});
  }
  return result;
}

std::expected<IdleCost, std::string> MeasureIdle(const Settings& settings) {
  const auto memory = [&]() -> std::expected<Memory, std::string> {
    Memory sum;
    for (const pid_t pid : settings.pids) {
      const auto usage = ProcessUsage::Of(pid);
      if (!usage) return std::unexpected(usage.error());
      const auto anonymous = AnonymousBytes(pid);
      if (!anonymous) return std::unexpected(anonymous.error());
      sum.rss_bytes += usage->rss_bytes;
      sum.anonymous_bytes += *anonymous;
    }
    return sum;
  };
  const auto before = memory();
  if (!before) return std::unexpected(before.error());
  const auto connected = ConnectedWorkers(settings);
  if (!connected) return std::unexpected(connected.error());
  for (const auto& worker : *connected) {
    if (const auto said = worker->SayOnce(Clock::now() + kFillMax); !said)
      return std::unexpected(said.error());
  }
  const auto after = memory();
  if (!after) return std::unexpected(after.error());
  return IdleCost{.before = *before, .after = *after};
}

}  // namespace herd::load
