#include "cli/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace herd::cli {
namespace {

using ::testing::ElementsAre;

TEST(TextTable, CountsCharactersAsColumns) {
  EXPECT_THAT(TextTable({{"ID", "M"}, {"kő", "10"}, {"abc", "7"}}, {1}),
              ElementsAre("ID    M", "kő   10", "abc   7"));
}

}  // namespace
}  // namespace herd::cli
