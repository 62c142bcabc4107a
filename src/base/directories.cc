#include "base/directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace herd::base {
namespace {

bool IsOurs(const struct stat& status) {
  return status.st_uid == ::geteuid() || status.st_uid == 0;
}

std::unexpected<std::string> Error(const std::filesystem::path& directory, const std::string& why) {
  return std::unexpected(directory.string() + ": " + why);
}

}  // namespace

std::expected<void, std::string> MakeDirectories(const std::filesystem::path& directory) {
  std::filesystem::path made;
  for (const std::filesystem::path& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), S_IRWXU) == 0) continue;
    const int error = errno;
    struct stat status{};
    if (::stat(made.c_str(), &status) != 0) {
      return Error(made, "the directory cannot be made: " + ErrnoText(error));
    }
    if (!S_ISDIR(status.st_mode)) {
      return Error(made, "the directory cannot be made: " + ErrnoText(ENOTDIR));
    }
  }
  return {};
}

std::expected<void, std::string> CheckOwnDirectory(const std::filesystem::path& directory) {
  const std::filesystem::path plain =
      directory.has_filename() ? directory : directory.parent_path();
  struct stat status{};
  if (::lstat(plain.c_str(), &status) != 0) {
    return errno == ENOENT ? std::expected<void, std::string>() : Error(plain, ErrnoText(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    if (!IsOurs(status)) {
      return Error(plain, "is a symbolic link that another user made: remove it");
    }
    if (::stat(plain.c_str(), &status) != 0) return Error(plain, ErrnoText(errno));
  }
  if (!S_ISDIR(status.st_mode)) return Error(plain, "is not a directory");
  if (!IsOurs(status)) {
    return Error(plain, "belongs to another user: chown it to the server's, or name another");
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return Error(plain, "everybody can write to it: chmod 700 " + plain.string());
  }
  return {};
}

}  // namespace herd::base
