#include "base/new_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace herd::base {
namespace {

namespace fs = std::filesystem;

class NewFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "herd-files-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(dir_); }

  static std::string Content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static mode_t Mode(const fs::path& file) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }

  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir_))
      names.insert(entry.path().filename().string());
    return names;
  }

  static std::expected<bool, std::string> Write(const fs::path& file, IfExists if_exists,
                                                std::string_view text) {
    auto made = NewFile::Create(file, if_exists);
    if (!made) return std::unexpected(made.error());
    made->Append("?");
    made->Append(text);
    made->OverwriteStart("!");
    return made->Commit();
  }

  fs::path dir_;
};

TEST_F(NewFiles, AreForTheirOwnerAloneAndSoAreTheirDirectories) {
  const mode_t mask = ::umask(0);
  EXPECT_EQ(Write(dir_ / "a" / "b" / "file", IfExists::kReplace, "text"), true);
  ::umask(mask);
  EXPECT_EQ(Content(dir_ / "a" / "b" / "file"), "!text");
  EXPECT_EQ(Mode(dir_ / "a" / "b" / "file"), 0600U);
  EXPECT_EQ(Mode(dir_ / "a" / "b"), 0700U);
  EXPECT_EQ(Mode(dir_ / "a"), 0700U);
  EXPECT_EQ(Names(), std::set<std::string>{"a"});
}

TEST_F(NewFiles, HonourAStricterUmask) {
  const mode_t mask = ::umask(0277);
  EXPECT_EQ(Write(dir_ / "file", IfExists::kKeep, "text"), true);
  ::umask(mask);
  EXPECT_EQ(Mode(dir_ / "file"), 0400U);
}

TEST_F(NewFiles, ReplaceAsAWholeOrKeep) {
  EXPECT_EQ(Write(dir_ / "file", IfExists::kReplace, "1"), true);
  EXPECT_EQ(Write(dir_ / "file", IfExists::kKeep, "2"), false);
  EXPECT_EQ(Content(dir_ / "file"), "!1");
  EXPECT_EQ(Write(dir_ / "file", IfExists::kReplace, "3"), true);
  EXPECT_EQ(Content(dir_ / "file"), "!3");
  EXPECT_EQ(Names(), std::set<std::string>{"file"});
}

// A disk that is full says so in the same place.
TEST_F(NewFiles, AreNotThereWhenAWriteFailed) {
  constexpr rlim_t kMost = 4096;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = kMost, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = Write(dir_ / "file", IfExists::kReplace, std::string(2 * kMost, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("File too large"), std::string::npos) << written.error();
  EXPECT_EQ(Names(), std::set<std::string>{});
}

TEST_F(NewFiles, FollowNoLink) {
  std::ofstream(dir_ / "other") << "of somebody else";
  fs::create_symlink(dir_ / "other", dir_ / "link");
  fs::create_symlink(dir_ / "nothing", dir_ / "dangling");
  const auto replaced = Write(dir_ / "link", IfExists::kReplace, "x");
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().find("is a symbolic link"), std::string::npos) << replaced.error();
  EXPECT_FALSE(Write(dir_ / "dangling", IfExists::kReplace, "x"));
  EXPECT_EQ(Write(dir_ / "link", IfExists::kKeep, "x"), false);
  EXPECT_EQ(Write(dir_ / "dangling", IfExists::kKeep, "x"), false);
  // Put there while the file is written: the link itself gives way.
  auto late = NewFile::Create(dir_ / "late", IfExists::kReplace);
  ASSERT_TRUE(late) << late.error();
  fs::create_symlink(dir_ / "other", dir_ / "late");
  EXPECT_EQ(late->Commit(), true);
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(dir_ / "late")));
  EXPECT_EQ(Content(dir_ / "other"), "of somebody else");
  EXPECT_FALSE(fs::exists(dir_ / "nothing"));
}

TEST_F(NewFiles, ReplaceNothingButRegularFiles) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  fs::create_directory(dir_ / "directory");
  for (const auto* name : {"fifo", "directory", "", ".", ".."}) {
    EXPECT_FALSE(Write(dir_ / name, IfExists::kReplace, "x")) << name;
  }
  // Of our own: a fault must not cost the machine its /dev/null.
  if (::geteuid() == 0) {
    ASSERT_EQ(::mknod((dir_ / "device").c_str(), S_IFCHR | 0600, ::makedev(1, 3)), 0);
    EXPECT_FALSE(Write(dir_ / "device", IfExists::kReplace, "x"));
    fs::remove(dir_ / "device");
  }
  EXPECT_FALSE(Write(dir_ / "fifo" / "file", IfExists::kReplace, "x"));
  EXPECT_EQ(Names(), (std::set<std::string>{"directory", "fifo"}));
}

TEST_F(NewFiles, LeaveNothingBehindWithoutCommit) {
  {
    auto file = NewFile::Create(dir_ / "file", IfExists::kReplace);
    ASSERT_TRUE(file) << file.error();
    file->Append(std::string(std::size_t{3} << 20U, 'x'));
  }
  EXPECT_TRUE(Names().empty());
}

TEST_F(NewFiles, LeaveNothingBehindWhenASignalEndsTheProgram) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = ::fork();
    if (child == 0) {
      NewFile::RemoveTemporaryOnSignals();
      auto file = NewFile::Create(dir_ / "file", IfExists::kReplace);
      if (file) file->Append(std::string(std::size_t{3} << 20U, 'x'));
      ::raise(signal);
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
    EXPECT_TRUE(Names().empty());
  }
}

// Has the calling process refused `call`, where `flag` is 0 or in its third argument, with `error`.
void Refuse(long call, unsigned flag, unsigned error) {
  const sock_filter by_number[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | (flag == 0 ? BPF_JGE : BPF_JSET) | BPF_K, flag, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  std::vector<sock_filter> filter(std::begin(by_number), std::end(by_number));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(9);
}

constexpr unsigned kTemporaryFlag = O_TMPFILE & ~O_DIRECTORY;

// FAT, some network file systems and sandboxes know less than Linux does.
TEST_F(NewFiles, TakeTheirPlaceOnFileSystemsThatKnowLess) {
  for (int lacks = 0; lacks < 8; ++lacks) {
    const fs::path folder = dir_ / std::to_string(lacks);
    fs::create_directory(folder);
    const pid_t child = ::fork();
    if (child == 0) {
      if ((lacks & 1) != 0) Refuse(SYS_openat, kTemporaryFlag, EOPNOTSUPP);
      if ((lacks & 2) != 0) Refuse(SYS_linkat, 0, EPERM);
      if ((lacks & 4) != 0) Refuse(SYS_renameat2, 0, EINVAL);
      bool right = Write(folder / "kept", IfExists::kKeep, "1") == true;
      right = right && Write(folder / "kept", IfExists::kKeep, "2") == false;
      right = right && Write(folder / "replaced", IfExists::kReplace, "1") == true;
      right = right && Write(folder / "replaced", IfExists::kReplace, "2") == true;
      ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << lacks;
    EXPECT_EQ(Content(folder / "kept"), "!1") << lacks;
    EXPECT_EQ(Content(folder / "replaced"), "!2") << lacks;
    EXPECT_EQ(Mode(folder / "kept"), 0600U) << lacks;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 2) << lacks;
  }
}

// Where a file can get its name by being copied only, and the disk is full.
TEST_F(NewFiles, LeaveNoHalfCopyBehind) {
  const pid_t child = ::fork();
  if (child == 0) {
    Refuse(SYS_openat, kTemporaryFlag, EOPNOTSUPP);
    Refuse(SYS_linkat, 0, EPERM);
    Refuse(SYS_renameat2, 0, EINVAL);
    auto file = NewFile::Create(dir_ / "file", IfExists::kKeep);
    if (!file) ::_exit(2);
    file->Append(std::string(8192, 'x'));
    file->OverwriteStart("!");
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 4096, .rlim_max = 4096};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) ::_exit(3);
    ::_exit(file->Commit() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Names().empty());
}

TEST_F(NewFiles, LeaveNoTemporaryNameBehindWhenASignalEndsTheProgram) {
  const pid_t child = ::fork();
  if (child == 0) {
    Refuse(SYS_openat, kTemporaryFlag, EOPNOTSUPP);
    NewFile::RemoveTemporaryOnSignals();
    const auto file = NewFile::Create(dir_ / "file", IfExists::kReplace);
    if (Names().size() != 1) ::_exit(2);
    ::raise(SIGINT);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  EXPECT_TRUE(Names().empty());
}

TEST_F(NewFiles, AreMadeOnceByManyAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const fs::path file = dir_ / std::to_string(round);
    std::atomic<int> made = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
          if (Write(file, IfExists::kKeep, std::string(100, static_cast<char>('a' + i))) == true)
            ++made;
        });
      }
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(Content(file).size(), 101U);
  }
}

}  // namespace
}  // namespace herd::base
