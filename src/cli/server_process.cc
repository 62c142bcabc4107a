#include "cli/server_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace herd::cli {
namespace {

constexpr const char* kThisProgram = "/proc/self/exe";

// In the child, between fork and exec: only calls that are allowed there.
[[noreturn]] void BecomeServer(std::vector<char*>& arguments, int ready_fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have ended before that took hold.
  if (::getppid() != parent) ::_exit(1);
  // Ctrl-C is for the parent, which then ends its servers: a second signal could meet a server that
  // is about to end well and listens to none any more.
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::fcntl(ready_fd, F_SETFD, 0);
  ::execv(kThisProgram, arguments.data());
  ::_exit(127);
}

}  // namespace

std::expected<ServerProcess, std::string> ServerProcess::Start(std::string name,
                                                               std::vector<std::string> arguments) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return std::unexpected(std::generic_category().message(errno));
  arguments.insert(arguments.begin(), "herd");
  arguments.insert(arguments.end(), {"--ready-fd", std::to_string(pipe[1])});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) BecomeServer(pointers, pipe[1], parent);
  const int fork_error = errno;
  ::close(pipe[1]);
  if (pid < 0) {
    ::close(pipe[0]);
    return std::unexpected(std::generic_category().message(fork_error));
  }
  return ServerProcess(std::move(name), pid, pipe[0]);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      ready_fd_(std::exchange(other.ready_fd_, -1)),
      ended_well_(other.ended_well_) {}

ServerProcess::~ServerProcess() {
  if (ready_fd_ >= 0) ::close(ready_fd_);
}

std::optional<std::string> ServerProcess::ReadLine() {
  std::string line;
  char c = 0;
  while (::read(ready_fd_, &c, 1) == 1 && c != '\n') line += c;
  if (c != '\n') return std::nullopt;
  return line;
}

void ServerProcess::Kill(int signal) const {
  if (running()) ::kill(pid_, signal);
}

std::optional<std::string> ServerProcess::Ended() {
  int status = 0;
  if (!running() || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    return "by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  }
  ended_well_ = WEXITSTATUS(status) == 0;
  return "with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace herd::cli
