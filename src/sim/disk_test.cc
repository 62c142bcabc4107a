#include "sim/disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace herd::sim {
namespace {

std::string Line(int client) {
  return "AT Hands +0.000000000 c" + std::to_string(client) + " +1+1 0.000000000";
}

// Writes one client after another, each in a batch of its own.
void WriteClients(Disk& disk, int first, int end) {
  for (int client = first; client < end; ++client) {
    disk.Put("c" + std::to_string(client), Line(client));
    ASSERT_TRUE(disk.Write());
  }
}

// Which clients a start finds, up to the first that it lacks: all of them if none is missing before
// one that is there.
std::size_t FoundInOrder(const Rows& rows) {
  int client = 0;
  while (rows.contains("c" + std::to_string(client))) ++client;
  return static_cast<std::size_t>(client);
}

TEST(Disk, KeepsWhatIsSyncedAndTheFirstOfTheRestWhenThePowerGoes) {
  std::set<std::size_t> left;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    Checker checker(false);
    Disk disk(0, random, checker);
    WriteClients(disk, 0, 3);
    ASSERT_TRUE(disk.Sync());
    WriteClients(disk, 3, 6);
    disk.LosePower();
    const Rows rows = disk.Open().rows;
    EXPECT_EQ(rows.size(), FoundInOrder(rows));
    left.insert(rows.size());
  }
  EXPECT_EQ(left, (std::set<std::size_t>{3, 4, 5, 6}));
}

TEST(Disk, KeepsWhatIsWrittenWhenTheProcessEnds) {
  Random random(1);
  Checker checker(false);
  Disk disk(0, random, checker);
  WriteClients(disk, 0, 3);
  disk.Put("c3", Line(3));
  disk.EndProcess();
  EXPECT_EQ(disk.Open().rows.size(), 3U);
}

TEST(Disk, TakesNothingAfterAnErrorUntilItHasRecovered) {
  Random random(1);
  Checker checker(false);
  Disk disk(0, random, checker);
  disk.set_fault(DiskFault::kSyncFails);
  WriteClients(disk, 0, 1);
  EXPECT_FALSE(disk.Sync());
  EXPECT_FALSE(disk.Recover());
  disk.set_fault(DiskFault::kNone);
  EXPECT_FALSE(disk.Write());
  EXPECT_FALSE(disk.Sync());
  EXPECT_EQ(disk.Recover(), journal::Recovered::kRows);
  EXPECT_TRUE(disk.Sync());
}

}  // namespace
}  // namespace herd::sim
