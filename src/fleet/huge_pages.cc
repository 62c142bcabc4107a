#include "fleet/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace herd::fleet {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kHugePageBytes = std::size_t{2}
                                       << 20U;  // on x86-64, and on ARM as Debian has
// The first piece; each further one is as large as all before it, up to a huge page.
constexpr std::size_t kPieceBytesMin = std::size_t{64} << 10U;

std::size_t PaddingAt(const char* at, std::size_t alignment) {
  return -reinterpret_cast<std::uintptr_t>(at) & (alignment - 1);
}

}  // namespace

HugePages::~HugePages() {
  for (const Mapped& mapped : mapped_) ::munmap(mapped.begin, mapped.bytes);
}

void* HugePages::Allocate(std::size_t bytes, std::size_t alignment) {
  const std::lock_guard lock(mutex_);
  std::size_t padding = PaddingAt(left_, alignment);
  if (padding + bytes > left_bytes_) {
    const std::size_t piece = std::clamp(mapped_bytes_, kPieceBytesMin, kHugePageBytes);
    if (bytes > piece / 2) return Map(bytes);
    left_ = Map(piece);
    left_bytes_ = piece;
    padding = 0;
  }
  left_bytes_ -= padding + bytes;
  return std::exchange(left_, left_ + padding + bytes) + padding;
}

char* HugePages::Map(std::size_t bytes) {
  const bool is_huge = bytes >= kHugePageBytes;
  bytes += -bytes & (kPageBytes - 1);
  const std::size_t all = is_huge ? bytes + kHugePageBytes : bytes;
  mapped_.reserve(mapped_.size() + 1);
  void* const memory =
      ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(memory);
  if (is_huge) {
    // The system gives huge pages at multiples of their size only.
    const std::size_t before = PaddingAt(begin, kHugePageBytes);
    if (before != 0) ::munmap(begin, before);
    begin += before;
    ::munmap(begin + bytes, all - before - bytes);
    ::madvise(begin, bytes, MADV_HUGEPAGE);  // where that is refused they are plain ones
  }
  mapped_.push_back({begin, bytes});
  mapped_bytes_ += bytes;
  return begin;
}

}  // namespace herd::fleet
