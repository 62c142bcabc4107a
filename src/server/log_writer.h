#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/log_output.h"

namespace herd::server {

// Writes lines from a queue that is bounded in bytes, on a thread of its own, so that whoever logs
// never waits for the output: a pipe that nobody reads, a stopped terminal, a full or hanging disk.
// When the queue is full the oldest lines are dropped and counted; once writing works again, a line
// in their place says how many. An output that fails is tried again every second.
class LogWriter {
 public:
  // Makes the line, with its end, that stands for `count` dropped ones. Called on the writing
  // thread.
  using DroppedLine = std::function<std::string(std::uint64_t count)>;

  // How long the end of a log waits for its output.
  static constexpr std::chrono::milliseconds kFinishTime{1000};

  // `queue_bytes`: of the lines that wait, with some 64 bytes for each.
  LogWriter(LogOutput output, std::size_t queue_bytes, DroppedLine dropped_line);

  // Finish(kFinishTime).
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Queues a line, which has its end. Any thread; takes a lock for well under a microsecond.
  void Write(std::string line);

  // Lines that were dropped since the start. Any thread.
  std::uint64_t dropped() const;

  // Writes what waits, for at most `time`, and takes no more lines. False when some are lost. A
  // thread that the system holds in a write at the end is left to it.
  bool Finish(std::chrono::milliseconds time);

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;  // the thread has it, too, and may outlive this
};

}  // namespace herd::server
