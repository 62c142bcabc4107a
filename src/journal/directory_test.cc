#include "journal/directory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "journal/testing.h"

namespace herd::journal {
namespace {

using testing::Folder;
using testing::kNow;

void Touch(const std::filesystem::path& file, std::string_view text = "x") {
  std::ofstream(file) << text;
}

TEST(LookAt, MakesAMissingDirectory) {
  const Folder folder;
  EXPECT_EQ(LookAt(folder.path() / "a/b"), DirectoryKind::kNew);
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a/b"));
}

TEST(LookAt, TakesWhatADatabaseLeavesBeforeItIsMadeForNew) {
  const Folder folder;
  Touch(folder.path() / "LOCK");
  Touch(folder.path() / "IDENTITY");
  Touch(folder.path() / "MANIFEST-000001");
  Touch(folder.path() / "000004.log", "");
  EXPECT_EQ(LookAt(folder.path()), DirectoryKind::kNew);
}

TEST(LookAt, TellsADamagedJournalFromAnEmptyOne) {
  const Folder folder;
  Touch(folder.path() / "000004.log");
  EXPECT_EQ(LookAt(folder.path()), DirectoryKind::kDamaged);
  Touch(folder.path() / "CURRENT");
  EXPECT_EQ(LookAt(folder.path()), DirectoryKind::kJournal);
}

TEST(LookAt, KnowsWhatIsNotOurs) {
  const Folder folder;
  Touch(folder.path() / "thesis.tex");
  EXPECT_EQ(LookAt(folder.path()), DirectoryKind::kForeign);
}

TEST(LookAt, SaysWhyADirectoryCannotBeUsed) {
  const Folder folder;
  Touch(folder.path() / "file");
  const auto kind = LookAt(folder.path() / "file/journal");
  ASSERT_FALSE(kind);
  EXPECT_NE(kind.error().find("Not a directory"), std::string::npos) << kind.error();
}

TEST(SetAside, NamesTheTimeAndNeverOverwrites) {
  const Folder folder;
  const std::filesystem::path directory = folder.path() / "Hands";
  for (const char* name : {"Hands.damaged-20261122T040829Z", "Hands.damaged-20261122T040829Z-2"}) {
    std::filesystem::create_directory(directory);
    const auto aside = SetAside(directory / "", kNow);
    ASSERT_TRUE(aside) << aside.error();
    EXPECT_EQ(*aside, folder.path() / name);
    EXPECT_FALSE(std::filesystem::exists(directory));
  }
}

}  // namespace
}  // namespace herd::journal
