#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace herd::fleet {

// A vector whose elements stay where they are as it grows: blocks, each twice as large as the one
// before. What of a block has not been used yet takes address space but no memory. At most 2^24
// elements fit. An element may be read while another thread adds some.
template <typename T>
class StableVector {
 public:
  static constexpr std::uint32_t kSizeMax = 1U << 24U;

  StableVector() = default;
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() {
    for (std::uint32_t index = 0; index < size_; ++index) std::destroy_at(&(*this)[index]);
    for (T* block : blocks_) ::operator delete(block, kAlignment);
  }

  T& operator[](std::uint32_t index) { return *Place(index); }
  const T& operator[](std::uint32_t index) const { return *Place(index); }

  // Adds an element; returns its index.
  std::uint32_t Add() {
    const std::uint32_t index = size_;
    if (index >= kSizeMax) throw std::bad_alloc();
    T*& block = blocks_[BlockOf(index)];
    if (block == nullptr) {
      const std::size_t count = std::size_t{kFirstSize} << BlockOf(index);
      block = static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
    }
    std::construct_at(Place(index));
    ++size_;
    return index;
  }

  std::uint32_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kFirstSize = 64;
  static constexpr std::uint32_t kFirstBits = 7;  // of kFirstSize
  static constexpr std::align_val_t kAlignment{alignof(T)};

  // Block b holds the indexes from 64 * (2^b - 1) on: with 64 added, those of b + 7 bits.
  static constexpr std::uint32_t BlockOf(std::uint32_t index) {
    return static_cast<std::uint32_t>(std::bit_width(index + kFirstSize)) - kFirstBits;
  }
  static constexpr std::uint32_t kBlocks = BlockOf(kSizeMax - 1) + 1;

  std::array<T*, kBlocks> blocks_{};
  std::uint32_t size_ = 0;

  T* Place(std::uint32_t index) const {
    const std::uint32_t block = BlockOf(index);
    return blocks_[block] + (index + kFirstSize - (kFirstSize << block));
  }
};

}  // namespace herd::fleet
