#include "server/process_meter.h"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stop_token>
#include <system_error>

namespace herd::server {
namespace {

std::uint64_t ResidentBytes() {
  // "SIZE RESIDENT ...", in pages.
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  std::uint64_t count = 0;
  while (!error && files != std::filesystem::directory_iterator()) {
    ++count;
    files.increment(error);
  }
  // One of them is what the others were counted with.
  return count > 0 ? count - 1 : 0;
}

// The server's signals are for its loops.
void BlockSignals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

ProcessMeter::ProcessMeter() {
  // Once here, so that the first who asks sees numbers.
  Measure();
  thread_ = std::jthread([this](const std::stop_token& stop) {
    BlockSignals();
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); }))
      Measure();
  });
}

ProcessStatus ProcessMeter::Last() const {
  return {.memory_resident_bytes = memory_resident_bytes_.load(std::memory_order_relaxed),
          .open_files = open_files_.load(std::memory_order_relaxed),
          .open_files_limit = open_files_limit_.load(std::memory_order_relaxed)};
}

void ProcessMeter::Measure() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  memory_resident_bytes_.store(ResidentBytes(), std::memory_order_relaxed);
  open_files_.store(OpenFiles(), std::memory_order_relaxed);
  open_files_limit_.store(limit.rlim_cur, std::memory_order_relaxed);
}

}  // namespace herd::server
