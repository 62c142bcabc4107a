#include "server/memory_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace herd::server {
namespace {

namespace fs = std::filesystem;

// A directory with the files of a machine.
class MemoryLimits : public ::testing::Test {
 protected:
  const fs::path root_ = fs::path(::testing::TempDir()) /
                         ("memory_limit." + std::to_string(getpid()) + "." +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name());

  ~MemoryLimits() override { fs::remove_all(root_); }

  void Put(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
};

TEST_F(MemoryLimits, AreTheMachinesMemoryWithoutAnyOther) {
  const MemoryLimit limit = FindMemoryLimit(root_);
  EXPECT_GT(limit.bytes, 0U);
}

TEST_F(MemoryLimits, AreThoseOfTheControlGroup) {
  Put("proc/self/cgroup", "0::/system.slice/herd.service\n");
  Put("sys/fs/cgroup/system.slice/herd.service/memory.max", "33554432\n");
  Put("sys/fs/cgroup/system.slice/memory.max", "max\n");
  const MemoryLimit limit = FindMemoryLimit(root_);
  EXPECT_EQ(limit.bytes, 33'554'432U);
  EXPECT_NE(limit.source.find("control group"), std::string::npos);
}

TEST_F(MemoryLimits, AreThoseOfAGroupAroundIt) {
  Put("proc/self/cgroup", "0::/system.slice/herd.service\n");
  Put("sys/fs/cgroup/system.slice/herd.service/memory.max", "33554432\n");
  Put("sys/fs/cgroup/system.slice/memory.max", "16777216\n");
  EXPECT_EQ(FindMemoryLimit(root_).bytes, 16'777'216U);
}

TEST_F(MemoryLimits, AreThoseOfAContainerWhoseGroupCannotBeSeen) {
  Put("proc/self/cgroup", "0::/../../docker/abc\n");
  Put("sys/fs/cgroup/memory.max", "20000000\n");
  EXPECT_EQ(FindMemoryLimit(root_).bytes, 20'000'000U);
}

TEST_F(MemoryLimits, AreThoseOfVersion1) {
  Put("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n");
  Put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "25000000\n");
  EXPECT_EQ(FindMemoryLimit(root_).bytes, 25'000'000U);
}

// Ends the process, with 0 when its limit is found.
[[noreturn]] void LimitThisProcess(const fs::path& root) {
  constexpr std::size_t kBytes = std::size_t{1} << 30U;
  const rlimit limit{.rlim_cur = kBytes, .rlim_max = RLIM_INFINITY};
  setrlimit(RLIMIT_DATA, &limit);
  _exit(FindMemoryLimit(root).bytes == kBytes ? 0 : 1);
}

TEST_F(MemoryLimits, AreThoseOfTheProcess) {
  EXPECT_EXIT(LimitThisProcess(root_), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace herd::server
