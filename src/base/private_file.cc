#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace herd::base {
namespace {

bool IsOurs(uid_t owner) {
  return owner == ::geteuid() || owner == 0;
}

std::string Octal(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 4; i-- > 0; mode >>= 3U) text[i] = static_cast<char>('0' + (mode & 7U));
  return text;
}

// What keeps the file from being trusted with a secret, or nothing.
std::string WhyNotPrivate(const struct stat& status, const std::string& name) {
  if (S_ISDIR(status.st_mode)) return "is a directory: name the file in it";
  if (!S_ISREG(status.st_mode)) return "is not a regular file: write the secret to one";
  if (!IsOurs(status.st_uid)) {
    return "belongs to another user: chown it to the user that runs herd";
  }
  const bool handed_by_root = status.st_uid == 0 && ::geteuid() != 0;
  const mode_t refused = handed_by_root ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if ((status.st_mode & refused) != 0) {
    return "others than its owner have access to it (mode " + Octal(status.st_mode & 0777U) +
           "): chmod 600 " + name;
  }
  if (status.st_size == 0) return "is empty: write the secret or key to it";
  return "";
}

// As much as there is, but no more than `bytes_max` + 1.
std::expected<std::string, std::string> ReadAll(int fd, std::size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected("cannot be read: " + ErrnoText(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  if (size > bytes_max) {
    return std::unexpected("is longer than " + std::to_string(bytes_max) +
                           " bytes: it is not such a secret");
  }
  return text;
}

}  // namespace

std::expected<std::string, std::string> ReadPrivateFile(const std::filesystem::path& file,
                                                        std::size_t bytes_max) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(file.string() + ": " + why);
  };
  struct stat link{};
  if (::lstat(file.c_str(), &link) == 0 && S_ISLNK(link.st_mode) && !IsOurs(link.st_uid)) {
    return failed("is a symbolic link that another user made: remove it");
  }
  // Non-blocking, so that a FIFO is refused below instead of waited for.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return failed("cannot be read: " + ErrnoText(errno));
  // What was opened is looked at, not what has the name by then.
  struct stat status{};
  std::string why = ::fstat(fd, &status) == 0 ? WhyNotPrivate(status, file.string())
                                              : "cannot be looked at: " + ErrnoText(errno);
  std::expected<std::string, std::string> text;
  if (why.empty()) {
    text = ReadAll(fd, bytes_max);
    if (!text) why = text.error();
  }
  ::close(fd);
  if (!why.empty()) return failed(why);
  return text;
}

}  // namespace herd::base
