#include "places/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace herd::places {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

std::string Why(int error) {
  return std::generic_category().message(error);
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

// So that the new name is on disk too. Not every file system can; the file itself is safe by then.
void SyncFolder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

std::expected<NewFile, std::string> NewFile::Create(const std::filesystem::path& target) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(target.string() + ": cannot be written: " + why);
  };
  std::error_code error;
  if (std::filesystem::is_directory(target, error)) return failed(Why(EISDIR));
  const std::filesystem::path folder =
      target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  std::filesystem::create_directories(folder, error);
  if (error) return failed(error.message());
  std::string temporary = target.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return failed(Why(errno));
  // mkostemp makes files for the owner alone; an index is for every server of the machine.
  ::fchmod(fd, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  return NewFile(fd, std::move(temporary), target);
}

NewFile::NewFile(int fd, std::filesystem::path temporary, std::filesystem::path target)
    : fd_(fd), temporary_(std::move(temporary)), target_(std::move(target)) {
  buffer_.reserve(kBufferBytes);
}

NewFile::NewFile(NewFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      temporary_(std::move(other.temporary_)),
      target_(std::move(other.target_)),
      buffer_(std::move(other.buffer_)),
      checksum_(other.checksum_),
      error_(other.error_) {}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void NewFile::Append(std::string_view bytes) {
  checksum_ = static_cast<std::uint32_t>(
      ::crc32_z(checksum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
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

std::expected<void, std::string> NewFile::Commit() {
  Flush();
  if (error_ == 0 && ::fsync(fd_) != 0) Keep(errno);
  if (error_ == 0 && ::rename(temporary_.c_str(), target_.c_str()) != 0) Keep(errno);
  if (error_ != 0) {
    return std::unexpected(target_.string() + ": cannot be written: " + Why(error_));
  }
  ::close(std::exchange(fd_, -1));
  SyncFolder(target_.has_parent_path() ? target_.parent_path() : std::filesystem::path("."));
  return {};
}

void NewFile::Flush() {
  if (error_ == 0) Keep(WriteAll(fd_, buffer_, 0, false));
  buffer_.clear();
}

void NewFile::Keep(int error) {
  if (error_ == 0) error_ = error;
}

}  // namespace herd::places
