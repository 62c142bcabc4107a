#include "journal/stall_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace herd::journal {
namespace {

using namespace std::chrono_literals;

TEST(StallWatch, TellsOfWorkThatDoesNotEndAndOfNoOther) {
  std::atomic<int> told = 0;
  StallWatch watch(50ms, [&] { ++told; });
  watch.Begin();
  watch.End();
  std::this_thread::sleep_for(200ms);  // nothing is to happen
  EXPECT_EQ(told, 0);
  watch.Begin();
  while (told == 0) std::this_thread::sleep_for(1ms);
  watch.End();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace herd::journal
