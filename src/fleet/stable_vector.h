#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "fleet/huge_pages.h"

namespace herd::fleet {

// A vector whose elements stay where they are as it grows: eight blocks of a size, then eight of
// twice that, so that at most an eighth of it, or 64 elements, is not in use. At most 2^24 elements
// fit. An element may be read while another thread adds some.
template <typename T>
class StableVector {
 public:
  static constexpr std::uint32_t kSizeMax = 1U << 24U;

  // `memory` outlives the vector, and keeps what it took.
  explicit StableVector(HugePages& memory) : memory_(memory) {}
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() {
    for (std::uint32_t index = 0; index < size_; ++index) std::destroy_at(&(*this)[index]);
  }

  T& operator[](std::uint32_t index) { return *Place(index); }
  const T& operator[](std::uint32_t index) const { return *Place(index); }

  // Adds an element; returns its index. Throws std::bad_alloc.
  std::uint32_t Add() {
    const std::uint32_t index = size_;
    if (index >= kSizeMax) throw std::bad_alloc();
    const At at = Find(index);
    if (blocks_[at.block] == nullptr) {
      blocks_[at.block] = static_cast<T*>(memory_.Allocate(at.block_size * sizeof(T), alignof(T)));
    }
    std::construct_at(Place(index));
    ++size_;
    return index;
  }

  std::uint32_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kFirstSizeBits = 6;
  static constexpr std::uint32_t kOfASizeBits = 3;
  static constexpr std::uint32_t kOfASize = 1U << kOfASizeBits;
  // Added to an index, so that the numbers of so many bits have blocks of one size.
  static constexpr std::uint32_t kBefore = kOfASize << kFirstSizeBits;

  struct At {
    std::uint32_t block;
    std::uint32_t block_size;
    std::uint32_t offset;
  };
  static constexpr At Find(std::uint32_t index) {
    const std::uint32_t number = index + kBefore;
    const auto doubled = static_cast<std::uint32_t>(std::bit_width(number)) -
                         static_cast<std::uint32_t>(std::bit_width(kBefore));
    const std::uint32_t size_bits = kFirstSizeBits + doubled;
    // The high bits are 8 to 15, and tell which of its size the block is.
    const std::uint32_t block = doubled * kOfASize + (number >> size_bits) - kOfASize;
    return {block, 1U << size_bits, number & ((1U << size_bits) - 1)};
  }
  static constexpr std::uint32_t kBlocks = Find(kSizeMax - 1).block + 1;

  HugePages& memory_;
  std::array<T*, kBlocks> blocks_{};
  std::uint32_t size_ = 0;

  T* Place(std::uint32_t index) const {
    const At at = Find(index);
    return blocks_[at.block] + at.offset;
  }
};

}  // namespace herd::fleet
