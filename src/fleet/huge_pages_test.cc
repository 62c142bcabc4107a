#include "fleet/huge_pages.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <new>
#include <span>
#include <string>
#include <vector>

namespace herd::fleet {
namespace {

// What a block is filled with tells when another one lies on it.
RC_GTEST_PROP(HugePages, GivesEachItsOwnZeroedAndAlignedBytes, ()) {
  HugePages pages;
  std::vector<std::span<unsigned char>> blocks;
  const auto sizes = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 20'000),
                     rc::gen::inRange<std::size_t>(1, std::size_t{5} << 20U)));
  for (const std::size_t size : sizes) {
    const auto alignment = std::size_t{1} << *rc::gen::inRange(0, 7);
    auto* const begin = static_cast<unsigned char*>(pages.Allocate(size, alignment));
    RC_ASSERT(reinterpret_cast<std::uintptr_t>(begin) % alignment == 0U);
    blocks.emplace_back(begin, size);
    RC_ASSERT(std::ranges::all_of(blocks.back(), [](unsigned char byte) { return byte == 0; }));
    std::memset(begin, static_cast<int>(blocks.size() % 255 + 1), size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    RC_ASSERT(std::ranges::all_of(blocks[i],
                                  [&](unsigned char byte) { return byte == (i + 1) % 255 + 1; }));
  }
}

// Whether the system was asked for huge pages at that place: "hg" in its flags.
bool IsAdvised(const void* place) {
  const auto at = reinterpret_cast<std::uintptr_t>(place);
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool here = false;
  while (std::getline(maps, line)) {
    std::size_t end_of_begin = 0;
    if (line.starts_with("VmFlags:")) {
      if (here) return line.find(" hg") != std::string::npos;
    } else if (line.find('-') != std::string::npos && line.find(' ') > line.find('-')) {
      const std::uintptr_t begin = std::stoull(line, &end_of_begin, 16);
      here = begin <= at && at < std::stoull(line.substr(end_of_begin + 1), nullptr, 16);
    }
  }
  return false;
}

TEST(HugePages, AreAskedForOnceThereIsEnoughToFillThem) {
  HugePages pages;
  constexpr std::size_t kBlock = 4096;
  EXPECT_FALSE(IsAdvised(pages.Allocate(kBlock, 64)));
  void* last = nullptr;
  for (std::size_t all = 0; all < std::size_t{8} << 20U; all += kBlock)
    last = pages.Allocate(kBlock, 64);
  EXPECT_TRUE(IsAdvised(last));
  EXPECT_TRUE(IsAdvised(pages.Allocate(std::size_t{3} << 20U, 64)));
}

TEST(HugePages, ThrowWhereThereIsNoMemory) {
  HugePages pages;
  EXPECT_THROW(pages.Allocate(std::size_t{1} << 60U, 64), std::bad_alloc);
  EXPECT_NE(pages.Allocate(64, 64), nullptr);
}

}  // namespace
}  // namespace herd::fleet
