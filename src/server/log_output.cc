#include "server/log_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/directories.h"
#include "base/errno_text.h"

namespace herd::server {
namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Why what is there should get no log, or nothing.
std::string WhyNot(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return "is a directory: name a file in it";
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) return "";
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "belongs to another user: chown it to the server's, or name another file";
  }
  if (status.st_nlink > 1) return "has other names, too (hard links): name another file";
  return "";
}

std::string WhyNotOpened(int error) {
  if (error == ELOOP) return "is a symbolic link: name the file that it leads to";
  return base::ErrnoText(error);
}

// Opens what is there. A FIFO is opened for reading as well, or it would need a reader first.
int OpenExisting(const char* name) {
  struct stat status{};
  const bool is_fifo = ::lstat(name, &status) == 0 && S_ISFIFO(status.st_mode);
  constexpr int kBoth = (kFlags & ~O_WRONLY) | O_RDWR;
  return ::open(name, (is_fifo ? kBoth : kFlags) | O_NOFOLLOW);
}

}  // namespace

LogOutput LogOutput::Standard(int descriptor) {
  struct stat status{};
  const bool is_there = ::fstat(descriptor, &status) == 0;
  // A regular file has its place in it shared with others: it is not opened anew.
  if (is_there && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) {
    const std::string self = "/proc/self/fd/" + std::to_string(descriptor);
    const int opened = ::open(self.c_str(), kFlags);
    if (opened >= 0) return LogOutput(opened);
  }
  const int copy = is_there ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : -1;
  return LogOutput(copy >= 0 ? copy : ::open("/dev/null", kFlags));
}

std::expected<LogOutput, std::string> LogOutput::Append(const std::filesystem::path& file) {
  if (file == "/dev/stderr") return Standard(STDERR_FILENO);
  if (file == "/dev/stdout") return Standard(STDOUT_FILENO);
  const auto failed = [&](const std::string& why) {
    return std::unexpected(file.string() + ": " + why);
  };
  if (file.has_parent_path()) {
    if (const auto made = base::MakeDirectories(file.parent_path()); !made)
      return std::unexpected(made.error());
  }
  const int fresh = ::open(file.c_str(), kFlags | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fresh >= 0) return LogOutput(fresh);
  if (errno != EEXIST) return failed(WhyNotOpened(errno));
  const int opened = OpenExisting(file.c_str());
  if (opened < 0) return failed(WhyNotOpened(errno));
  LogOutput output(opened);
  // What was opened is looked at, not what has the name by then.
  struct stat status{};
  if (::fstat(opened, &status) != 0) return failed(base::ErrnoText(errno));
  const std::string why = WhyNot(status);
  if (!why.empty()) return failed(why);
  return output;
}

LogOutput::LogOutput(LogOutput&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

LogOutput& LogOutput::operator=(LogOutput&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LogOutput::~LogOutput() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace herd::server
