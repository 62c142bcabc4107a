#include "flood/announcer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace herd::flood {
namespace {

using std::chrono::milliseconds;

constexpr Instant kStart{std::chrono::hours(1)};
constexpr milliseconds kHeartbeat{1000};

class Announcements : public ::testing::Test {
 protected:
  Announcer announcer_{kHeartbeat, kStart};

  // So many rows, to be announced.
  void Add(std::uint32_t rows) {
    for (std::uint32_t row = 0; row < rows; ++row)
      announcer_.Add({.client = fleet::ClientHash{row}, .effective_time = {5}, .row = row});
  }

  // What it says at that time; checks that it tells of as many rows as it says.
  std::size_t Announce(milliseconds at, std::size_t bytes_max = 1'000'000) {
    std::string out;
    const std::size_t rows = announcer_.Announce(kStart + at, out, bytes_max);
    std::size_t told = 0;
    while (!out.empty()) {
      const std::size_t end = out.find('\n');
      told += std::get<Have>(ParseMessage(std::string_view(out).substr(0, end))).rows.size();
      out.erase(0, end + 1);
    }
    EXPECT_EQ(told, rows);
    return rows;
  }
};

TEST_F(Announcements, AreMadeTenTimesInAHeartbeat) {
  EXPECT_FALSE(announcer_.due(kStart));
  Add(3);
  EXPECT_TRUE(announcer_.due(kStart));
  EXPECT_EQ(Announce(milliseconds(0)), 3);
  EXPECT_FALSE(announcer_.at_work());
  Add(2);
  EXPECT_FALSE(announcer_.due(kStart + milliseconds(99)));
  EXPECT_EQ(Announce(milliseconds(99)), 0);
  EXPECT_EQ(Announce(milliseconds(100)), 2);
  EXPECT_EQ(Announce(milliseconds(200)), 0);
  EXPECT_EQ(announcer_.last(), kStart + milliseconds(100));
}

TEST_F(Announcements, OfManyRowsAreMadeInPieces) {
  Add(600);
  EXPECT_EQ(Announce(milliseconds(0)), 256);
  EXPECT_TRUE(announcer_.at_work());
  EXPECT_EQ(announcer_.next(), kStart + milliseconds(1));
  EXPECT_EQ(Announce(milliseconds(0)), 0);
  Add(1);  // is for the next round
  EXPECT_EQ(Announce(milliseconds(1)), 256);
  EXPECT_EQ(Announce(milliseconds(2)), 88);
  EXPECT_FALSE(announcer_.at_work());
  EXPECT_EQ(announcer_.next(), kStart + milliseconds(100));
  EXPECT_EQ(Announce(milliseconds(100)), 1);
}

TEST_F(Announcements, OfVeryManyRowsAreMadeInThirtyTwoPieces) {
  constexpr std::uint32_t kRows = 100'000;
  Add(kRows);
  std::size_t rows = 0;
  int pieces = 0;
  for (; announcer_.due(kStart + milliseconds(pieces)); ++pieces)
    rows += Announce(milliseconds(pieces));
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(pieces, 32);
}

TEST_F(Announcements, KeepToTheRoomThereIs) {
  Add(100'000);
  EXPECT_EQ(Announce(milliseconds(0), 40'000), 1000);
  EXPECT_EQ(Announce(milliseconds(1), 0), 256);
  EXPECT_EQ(Announce(milliseconds(2)), 3126);
}

}  // namespace
}  // namespace herd::flood
