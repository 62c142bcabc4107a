#include "fleet/stable_vector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace herd::fleet {
namespace {

TEST(StableVector, KeepsEachElementWhereItIs) {
  constexpr std::uint32_t kElements = 100'000;
  HugePages memory;
  StableVector<std::uint64_t> vector(memory);
  std::vector<const std::uint64_t*> places;
  for (std::uint32_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(vector.Add(), i);
    places.push_back(&vector[i]);
    vector[i] = i;
  }
  EXPECT_EQ(vector.size(), kElements);
  EXPECT_EQ(std::set(places.begin(), places.end()).size(), kElements);
  for (std::uint32_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(&vector[i], places[i]);
    ASSERT_EQ(vector[i], i);
  }
}

TEST(StableVector, HoldsSoManyAndNoMore) {
  HugePages memory;
  StableVector<char> vector(memory);
  for (std::uint32_t i = 0; i < StableVector<char>::kSizeMax; ++i) vector.Add();
  EXPECT_THROW(vector.Add(), std::bad_alloc);
  EXPECT_EQ(vector.size(), StableVector<char>::kSizeMax);
}

struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  ~Counted() { --alive; }
};

TEST(StableVector, DestroysItsElements) {
  HugePages memory;
  {
    StableVector<Counted> vector(memory);
    for (int i = 0; i < 1000; ++i) vector.Add();
    EXPECT_EQ(Counted::alive, 1000);
  }
  EXPECT_EQ(Counted::alive, 0);
}

}  // namespace
}  // namespace herd::fleet
