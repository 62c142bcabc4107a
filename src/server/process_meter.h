#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "server/status.h"

namespace herd::server {

// What the system says of this process. Measured every kInterval by a thread of its own: to count
// the open files of a server with many clients takes the kernel longer than a loop may be held up.
class ProcessMeter {
 public:
  static constexpr std::chrono::seconds kInterval{5};

  ProcessMeter();

  // The last measurement. Any thread.
  ProcessStatus Last() const;

 private:
  std::atomic<std::uint64_t> memory_resident_bytes_ = 0;
  std::atomic<std::uint64_t> open_files_ = 0;
  std::atomic<std::uint64_t> open_files_limit_ = 0;
  std::jthread thread_;  // the last: it uses all the others

  void Measure();
};

}  // namespace herd::server
