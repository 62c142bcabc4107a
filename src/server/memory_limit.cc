#include "server/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace herd::server {
namespace {

namespace fs = std::filesystem;

// The number in a file; nothing when there is none, as in "max".
std::optional<std::uint64_t> NumberIn(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  if (!(in >> number)) return std::nullopt;
  return number;
}

class Smallest {
 public:
  void Take(std::optional<std::uint64_t> bytes, std::string_view source) {
    if (!bytes || *bytes == 0 || (limit_.bytes != 0 && *bytes >= limit_.bytes)) return;
    limit_ = {.bytes = *bytes, .source = std::string(source)};
  }
  const MemoryLimit& limit() const { return limit_; }

 private:
  MemoryLimit limit_;
};

// A group is bounded by those that it is in, too. `group` is absolute, as /proc tells it; in a
// container it may lead to nothing that can be seen, and then the container's own group is there at
// the mount point.
void TakeGroups(const fs::path& mount, fs::path group, const char* file, Smallest& smallest) {
  group = group.relative_path();
  while (true) {
    smallest.Take(NumberIn(mount / group / file), "the memory limit of its control group");
    if (group.empty()) return;
    group = group.parent_path();
  }
}

// Each line of /proc/self/cgroup is "ID:CONTROLLERS:GROUP"; no controllers: version 2.
void TakeControlGroups(const fs::path& root, Smallest& smallest) {
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string controllers;
    std::string group;
    std::getline(fields, id, ':');
    std::getline(fields, controllers, ':');
    std::getline(fields, group);
    if (controllers.empty()) TakeGroups(mount, group, "memory.max", smallest);
    if (controllers == "memory")
      TakeGroups(mount / "memory", group, "memory.limit_in_bytes", smallest);
  }
}

void TakeResource(decltype(RLIMIT_AS) resource, std::string_view source, Smallest& smallest) {
  rlimit limit{};
  if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    smallest.Take(limit.rlim_cur, source);
}

}  // namespace

MemoryLimit FindMemoryLimit(const fs::path& root) {
  Smallest smallest;
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  smallest.Take(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), "the machine's memory");
  TakeControlGroups(root, smallest);
  TakeResource(RLIMIT_AS, "its limit on address space (ulimit -v)", smallest);
  TakeResource(RLIMIT_DATA, "its limit on data (ulimit -d)", smallest);
  return smallest.limit();
}

}  // namespace herd::server
