#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace herd::fleet {

// Memory for what lasts as long as a fleet, in huge pages where the system gives them.
//
// Each report looks at rows all over the fleet. In pages of 4 KiB a hundred thousand clients need
// more of them than a processor remembers the places of, and then half of a row's time goes into
// finding its page. Small fleets have plain pages, as a huge one has 2 MiB.
class HugePages {
 public:
  HugePages() = default;
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  ~HugePages();

  // So many bytes, which are zero, at a multiple of `alignment`, 4096 at most; they are freed with
  // this object only. Throws std::bad_alloc. Any thread.
  void* Allocate(std::size_t bytes, std::size_t alignment);

 private:
  struct Mapped {
    char* begin;
    std::size_t bytes;
  };

  std::mutex mutex_;
  std::vector<Mapped> mapped_;
  std::size_t mapped_bytes_ = 0;
  // What is left of the piece that was mapped last for small blocks.
  char* left_ = nullptr;
  std::size_t left_bytes_ = 0;

  char* Map(std::size_t bytes);
};

}  // namespace herd::fleet
