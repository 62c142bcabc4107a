#include "server/log_writer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace herd::server {
namespace {

using Clock = std::chrono::steady_clock;

// What a line takes besides its bytes.
constexpr std::size_t kLineOverhead = 64;
// Taken from the queue at once, which is more than a pipe takes at once.
constexpr std::size_t kBatchBytes = 65'536;
// POSIX: a pipe that poll() calls writable takes that much without waiting, be it in blocking mode.
constexpr std::size_t kPieceBytes = 4096;
constexpr std::chrono::milliseconds kRetryInterval{1000};

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

bool IsSocket(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

struct LogWriter::Shared {
  Shared(LogOutput log_output, std::size_t bytes_max, DroppedLine make_line)
      : output(std::move(log_output)),
        is_socket(IsSocket(output.descriptor())),
        queue_bytes_max(bytes_max),
        dropped_line(std::move(make_line)),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Shared() { ::close(wake); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // The writing thread.
  void Run();
  std::optional<std::string> TakeBatch();
  bool WriteAll(std::string_view bytes);
  ssize_t WriteSome(std::string_view bytes) const;
  bool Wait(short events, Clock::time_point until);

  const LogOutput output;
  const bool is_socket;
  const std::size_t queue_bytes_max;
  const DroppedLine dropped_line;
  const int wake;  // readable once the end has begun

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::size_t queue_bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dropped_told = 0;
  bool finishing = false;
  Clock::time_point deadline = Clock::time_point::max();
  bool done = false;  // the thread writes no more
  bool lost = false;  // it gave up before all was written
};

// Nothing: there is nothing more to write, and the end has begun.
std::optional<std::string> LogWriter::Shared::TakeBatch() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return !lines.empty() || dropped > dropped_told || finishing; });
  if (lines.empty() && dropped == dropped_told) return std::nullopt;
  std::string batch;
  const std::uint64_t untold = dropped - std::exchange(dropped_told, dropped);
  while (!lines.empty() && batch.size() < kBatchBytes) {
    batch += lines.front();
    queue_bytes -= lines.front().size() + kLineOverhead;
    lines.pop_front();
  }
  lock.unlock();
  return untold == 0 ? batch : dropped_line(untold) + batch;
}

void LogWriter::Shared::Run() {
  bool whole = true;
  while (whole) {
    const std::optional<std::string> batch = TakeBatch();
    if (!batch) break;
    whole = WriteAll(*batch);
  }
  const std::lock_guard lock(mutex);
  lost = !whole;
  done = true;
  changed.notify_all();
}

ssize_t LogWriter::Shared::WriteSome(std::string_view bytes) const {
  const std::string_view piece = bytes.substr(0, kPieceBytes);
  return is_socket
             ? ::send(output.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
             : ::write(output.descriptor(), piece.data(), piece.size());
}

// False when the time at the end was up first.
bool LogWriter::Shared::WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!Wait(POLLOUT, Clock::time_point::max())) return false;
    const ssize_t written = WriteSome(bytes);
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      // A disk that is full, a reader that has gone: nothing tells when that is over.
      if (!Wait(0, Clock::now() + kRetryInterval)) return false;
    }
  }
  return true;
}

// Waits until the output is ready for `events`, or until `until`. False: the end has begun and its
// time is up or, with no events to wait for, nothing more is tried.
bool LogWriter::Shared::Wait(short events, Clock::time_point until) {
  for (;;) {
    Clock::time_point end;
    bool ends = false;
    {
      const std::lock_guard lock(mutex);
      ends = finishing;
      end = std::min(deadline, until);
    }
    if (ends && (events == 0 || Clock::now() >= end)) return false;
    const int timeout = end == Clock::time_point::max() ? -1 : MillisecondsUntil(end);
    // Once the end has begun `wake` stays readable: only the output is waited for then.
    std::array<pollfd, 2> polled{pollfd{events == 0 ? -1 : output.descriptor(), events, 0},
                                 pollfd{ends ? -1 : wake, POLLIN, 0}};
    ::poll(polled.data(), polled.size(), timeout);
    if (polled[0].revents != 0) return true;
    if (events == 0 && Clock::now() >= until) return true;
  }
}

LogWriter::LogWriter(LogOutput output, std::size_t queue_bytes, DroppedLine dropped_line)
    : shared_(std::make_shared<Shared>(std::move(output), queue_bytes, std::move(dropped_line))) {
  std::thread([shared = shared_] { shared->Run(); }).detach();
}

LogWriter::~LogWriter() {
  Finish(kFinishTime);
}

void LogWriter::Write(std::string line) {
  const std::size_t bytes = line.size() + kLineOverhead;
  const std::lock_guard lock(shared_->mutex);
  if (shared_->finishing) return;
  while (!shared_->lines.empty() && shared_->queue_bytes + bytes > shared_->queue_bytes_max) {
    shared_->queue_bytes -= shared_->lines.front().size() + kLineOverhead;
    shared_->lines.pop_front();
    ++shared_->dropped;
  }
  if (bytes > shared_->queue_bytes_max) {
    ++shared_->dropped;
  } else {
    shared_->queue_bytes += bytes;
    shared_->lines.push_back(std::move(line));
  }
  // Who writes looks at the queue again when he is done with what he has.
  if (shared_->lines.size() <= 1) shared_->changed.notify_one();
}

std::uint64_t LogWriter::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

bool LogWriter::Finish(std::chrono::milliseconds time) {
  std::unique_lock lock(shared_->mutex);
  if (!shared_->finishing) {
    shared_->finishing = true;
    shared_->deadline = Clock::now() + time;
    shared_->changed.notify_all();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(shared_->wake, &one, sizeof one);
  }
  shared_->changed.wait_until(lock, shared_->deadline, [&] { return shared_->done; });
  return shared_->done && !shared_->lost;
}

}  // namespace herd::server
