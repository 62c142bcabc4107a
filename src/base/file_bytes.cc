#include "base/file_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/errno_text.h"

namespace herd::base {
namespace {

// Below this a huge page (2 MiB on x86-64) gains nothing.
constexpr std::size_t kHugeBytesMin = std::size_t{4} << 20U;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

std::uint64_t MemoryOfTheMachine() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Reads bytes [begin, end) of the file to their places in `data`. Says what is wrong, or nothing.
std::string ReadInto(int fd, char* data, std::size_t begin, std::size_t end) {
  while (begin < end) {
    const ssize_t count = ::pread(fd, data + begin, end - begin, static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return "cannot be read: " + ErrnoText(errno);
    if (count == 0) return "was cut short while it was read: try again when it is whole";
    begin += static_cast<std::size_t>(count);
  }
  return "";
}

bool IsUnchanged(int fd, const struct stat& before) {
  struct stat after{};
  return ::fstat(fd, &after) == 0 && after.st_size == before.st_size &&
         after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
         after.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
}

}  // namespace

std::expected<FileBytes, std::string> FileBytes::Read(const std::filesystem::path& path,
                                                      const Look& look) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(path.string() + ": " + why);
  };
  // Non-blocking, so that a FIFO is refused below instead of waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd() < 0) return failed(ErrnoText(errno));
  struct stat status{};
  if (::fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return failed("not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > MemoryOfTheMachine()) return failed("larger than the memory of this machine");
  void* data =
      ::mmap(nullptr, size + kPadding, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return failed("not enough memory for it: " + ErrnoText(errno));
  if (size >= kHugeBytesMin) ::madvise(data, size + kPadding, MADV_HUGEPAGE);
  FileBytes bytes(static_cast<char*>(data), size);

  const std::size_t head = std::min(size, kHeadBytes);
  std::string problem = ReadInto(file.fd(), bytes.data_, 0, head);
  if (problem.empty() && look) problem = look(bytes.Bytes().substr(0, head), size);
  if (problem.empty()) problem = ReadInto(file.fd(), bytes.data_, head, size);
  if (problem.empty() && !IsUnchanged(file.fd(), status)) {
    problem = "was changed while it was read: try again when it is whole";
  }
  if (!problem.empty()) return failed(problem);
  return bytes;
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

FileBytes::~FileBytes() {
  if (data_ != nullptr) ::munmap(data_, size_ + kPadding);
}

}  // namespace herd::base
