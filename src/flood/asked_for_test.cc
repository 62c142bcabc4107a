#include "flood/asked_for.h"

#include <gtest/gtest.h>

namespace herd::flood {
namespace {

TEST(AskedFor, HoldsEachOnceInTheOrderOfTheFirstTime) {
  AskedFor asked;
  for (const std::uint64_t client : {3U, 1U, 3U, 2U, 1U})
    EXPECT_TRUE(asked.Add(fleet::ClientHash{client}));
  for (const std::uint64_t client : {3U, 1U, 2U})
    EXPECT_EQ(asked.Take(), fleet::ClientHash{client});
  EXPECT_TRUE(asked.empty());
}

TEST(AskedFor, IsBounded) {
  AskedFor asked;
  for (std::uint64_t client = 0; client < AskedFor::kMax; ++client)
    ASSERT_TRUE(asked.Add(fleet::ClientHash{client}));
  EXPECT_FALSE(asked.Add(fleet::ClientHash{AskedFor::kMax}));
  EXPECT_TRUE(asked.Add(fleet::ClientHash{7}));  // it is there already
  asked.Take();
  EXPECT_TRUE(asked.Add(fleet::ClientHash{AskedFor::kMax}));
}

}  // namespace
}  // namespace herd::flood
