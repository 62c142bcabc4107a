#include "base/new_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/directories.h"
#include "base/errno_text.h"

namespace herd::base {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;
constexpr std::size_t kRandomBytes = 16;

// The name to be removed when a signal ends the process: `folder` is set last and read first.
struct Removable {
  std::array<char, 64> name{};
  std::atomic<int> folder{-1};
};
Removable removable;
static_assert(std::atomic<int>::is_always_lock_free);

// In a signal handler: only calls that are allowed there. The handler was reset when it was called.
void RemoveAndEnd(int signal) {
  const int folder = removable.folder.load(std::memory_order_acquire);
  if (folder >= 0) ::unlinkat(folder, removable.name.data(), 0);
  ::raise(signal);
}

std::string RandomName() {
  std::array<std::uint8_t, kRandomBytes> random{};
  // Guessable names could be taken by somebody else beforehand: better no file.
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    std::abort();
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name = ".herd-";
  for (const std::uint8_t byte : random) {
    name += kDigits[byte >> 4U];
    name += kDigits[byte & 15U];
  }
  return name + ".tmp";
}

// Returns an errno, or 0.
int WriteAll(int fd, std::string_view bytes, off_t offset, bool positioned) {
  while (!bytes.empty()) {
    const ssize_t written = positioned ? ::pwrite(fd, bytes.data(), bytes.size(), offset)
                                       : ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return 0;
}

int ErrnoOf(int result) {
  return result == 0 ? 0 : errno;
}

// Why a file of that name cannot be replaced, or nothing.
std::string WhyNotReplaceable(int folder, const std::string& name) {
  if (name.empty() || name == "." || name == "..") return ErrnoText(EISDIR);
  struct stat status{};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return "";
  if (S_ISREG(status.st_mode)) return "";
  if (S_ISDIR(status.st_mode)) return ErrnoText(EISDIR);
  if (S_ISLNK(status.st_mode)) return "it is a symbolic link: name the file that it leads to";
  return "it is not a regular file";
}

}  // namespace

std::expected<NewFile, std::string> NewFile::Create(const std::filesystem::path& target,
                                                    IfExists if_exists) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(target.string() + ": cannot be written: " + why);
  };
  const std::filesystem::path folder =
      target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  if (const auto made = MakeDirectories(folder); !made) return failed(made.error());
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed(ErrnoText(errno));
  NewFile file(descriptor, target, if_exists);
  if (if_exists == IfExists::kReplace) {
    const std::string why = WhyNotReplaceable(descriptor, file.name_);
    if (!why.empty()) return failed(why);
  }
  if (const int error = file.Open(); error != 0) return failed(ErrnoText(error));
  return file;
}

NewFile::NewFile(int folder, std::filesystem::path target, IfExists if_exists)
    : folder_(folder),
      target_(std::move(target)),
      name_(target_.filename().string()),
      if_exists_(if_exists) {
  buffer_.reserve(kBufferBytes);
}

NewFile::NewFile(NewFile&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      target_(std::move(other.target_)),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})),
      if_exists_(other.if_exists_),
      buffer_(std::move(other.buffer_)),
      error_(other.error_) {}

NewFile::~NewFile() {
  RemoveName();
  if (fd_ >= 0) ::close(fd_);
  if (folder_ >= 0) ::close(folder_);
}

int NewFile::Open() {
  fd_ = ::openat(folder_, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd_ >= 0) return 0;
  // Old kernels and some file systems do not know such files, and say so in various ways.
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) return errno;
  fd_ = OpenNamed();
  return fd_ < 0 ? errno : 0;
}

int NewFile::OpenNamed() {
  temporary_ = RandomName();
  std::ranges::copy(temporary_ + '\0', removable.name.begin());
  removable.folder.store(folder_, std::memory_order_release);
  const int fd = ::openat(folder_, temporary_.c_str(),
                          O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0) return fd;
  const int error = errno;
  removable.folder.store(-1);
  temporary_.clear();
  errno = error;
  return -1;
}

void NewFile::Append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) Flush();
  if (bytes.size() > kBufferBytes) {
    Keep(WriteAll(fd_, bytes, 0, false));
  } else {
    buffer_ += bytes;
  }
}

void NewFile::OverwriteStart(std::string_view bytes) {
  Flush();
  Keep(WriteAll(fd_, bytes, 0, true));
}

std::expected<bool, std::string> NewFile::Commit() {
  Flush();
  if (error_ == 0) Keep(ErrnoOf(::fsync(fd_)));
  if (error_ == 0) Keep(TakePlace());
  RemoveName();
  if (error_ == EEXIST && if_exists_ == IfExists::kKeep) return false;
  if (error_ != 0) {
    return std::unexpected(target_.string() + ": cannot be written: " + ErrnoText(error_));
  }
  // So that the new name is on the disk, too. Not every file system can; the file itself is safe.
  ::fsync(folder_);
  return true;
}

int NewFile::TakePlace() {
  if (if_exists_ == IfExists::kKeep) return TakeFreePlace();
  if (temporary_.empty()) {
    if (const int error = GiveName(); error != 0) return error;
  }
  // A symbolic link that was put there meanwhile is replaced, not followed.
  return ErrnoOf(::renameat(folder_, temporary_.c_str(), folder_, name_.c_str()));
}

int NewFile::TakeFreePlace() {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_);
  const auto link = [&] {
    return temporary_.empty()
               ? ::linkat(AT_FDCWD, self.c_str(), folder_, name_.c_str(), AT_SYMLINK_FOLLOW)
               : ::linkat(folder_, temporary_.c_str(), folder_, name_.c_str(), 0);
  };
  if (link() == 0) return 0;
  if (errno == EEXIST) return EEXIST;
  // Links are refused by some file systems and sandboxes; renaming needs a name first.
  if (temporary_.empty()) {
    if (const int error = GiveName(); error != 0) return error;
  }
  if (::renameat2(folder_, temporary_.c_str(), folder_, name_.c_str(), RENAME_NOREPLACE) == 0)
    return 0;
  if (errno == EEXIST) return EEXIST;
  const int fd = ::openat(folder_, name_.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return errno;
  const int error = CopyTo(fd);
  ::close(fd);
  if (error != 0) ::unlinkat(folder_, name_.c_str(), 0);
  return error;
}

int NewFile::GiveName() {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_);
  const std::string name = RandomName();
  std::ranges::copy(name + '\0', removable.name.begin());
  removable.folder.store(folder_, std::memory_order_release);
  if (::linkat(AT_FDCWD, self.c_str(), folder_, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    temporary_ = name;
    return 0;
  }
  const int named = OpenNamed();
  if (named < 0) return errno;
  const int error = CopyTo(named);
  ::close(std::exchange(fd_, named));
  return error;
}

int NewFile::CopyTo(int other) const {
  std::string piece(kBufferBytes, '\0');
  off_t at = 0;
  for (;;) {
    const ssize_t count = ::pread(fd_, piece.data(), piece.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return ErrnoOf(::fsync(other));
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(count));
    if (const int error = WriteAll(other, bytes, 0, false); error != 0) return error;
    at += count;
  }
}

// After a rename there is no such name any more, which does no harm.
void NewFile::RemoveName() {
  if (temporary_.empty()) return;
  ::unlinkat(folder_, temporary_.c_str(), 0);
  removable.folder.store(-1);
  temporary_.clear();
}

void NewFile::Flush() {
  if (error_ == 0) Keep(WriteAll(fd_, buffer_, 0, false));
  buffer_.clear();
}

void NewFile::Keep(int error) {
  if (error_ == 0) error_ = error;
}

void NewFile::RemoveTemporaryOnSignals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = RemoveAndEnd;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace herd::base
