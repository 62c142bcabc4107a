#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

namespace herd::load {

// What the system has counted for a process.
struct ProcessUsage {
  std::chrono::duration<double> cpu{0};  // of all its threads, in user and system mode
  std::uint64_t rss_bytes = 0;           // of its memory in RAM, now

  // Reads /proc/PID/stat; the CPU time comes in steps of 10 ms. The error names the process.
  static std::expected<ProcessUsage, std::string> Of(pid_t pid);
};

// The memory in RAM that is the process's own, without files: its heap and stacks. Reads
// /proc/PID/smaps_rollup, which takes milliseconds. The error names the process.
std::expected<std::uint64_t, std::string> AnonymousBytes(pid_t pid);

}  // namespace herd::load
