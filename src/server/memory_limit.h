#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace herd::server {

// How much memory this process may take at most, and what says so.
struct MemoryLimit {
  std::uint64_t bytes = 0;
  std::string source;  // "the machine's memory", for people
};

// The smallest of the machine's memory, the limits of the process's control groups (version 2 and
// 1) and the resource limits on its address space and its data. `root` is where /proc and
// /sys/fs/cgroup are looked for: "/" but in tests.
MemoryLimit FindMemoryLimit(const std::filesystem::path& root = "/");

}  // namespace herd::server
