#include "journal/files_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "journal/testing.h"

namespace herd::journal {
namespace {

namespace fs = std::filesystem;

using testing::Folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FilesWatchTest : public ::testing::Test {
 protected:
  Folder folder_;
  const fs::path directory_ = folder_.path() / "Hands";

  void SetUp() override {
    fs::create_directory(directory_);
    Append("4.log");
  }

  void Append(const std::string& log) {
    std::ofstream(directory_ / log, std::ios::binary | std::ios::app) << "record";
  }
};

TEST_F(FilesWatchTest, FindsNothingWrongWithLogsThatGrowAndFollowEachOther) {
  FilesWatch watch(directory_);
  EXPECT_THAT(watch.Check("4.log"), IsEmpty());
  Append("4.log");
  EXPECT_THAT(watch.Check("4.log"), IsEmpty());
  Append("9.log");
  EXPECT_THAT(watch.Check("9.log"), IsEmpty());
  fs::remove(directory_ / "4.log");
  EXPECT_THAT(watch.Check("9.log"), IsEmpty());
}

TEST_F(FilesWatchTest, MissesADirectoryThatIsExchangedThoughTheLogIsTheSame) {
  FilesWatch watch(directory_);
  ASSERT_THAT(watch.Check("4.log"), IsEmpty());
  fs::rename(directory_, folder_.path() / "elsewhere");
  fs::create_directory(directory_);
  fs::rename(folder_.path() / "elsewhere/4.log", directory_ / "4.log");
  EXPECT_THAT(watch.Check("4.log"), HasSubstr("its directory"));
}

TEST_F(FilesWatchTest, MissesWhatIsCutOffALogOrAnEarlierOne) {
  FilesWatch watch(directory_);
  ASSERT_THAT(watch.Check("4.log"), IsEmpty());
  Append("9.log");
  ASSERT_THAT(watch.Check("9.log"), IsEmpty());
  fs::resize_file(directory_ / "9.log", 1);
  EXPECT_THAT(watch.Check("9.log"), HasSubstr("9.log has been cut short"));
  Append("9.log");
  fs::resize_file(directory_ / "4.log", 5);
  EXPECT_THAT(watch.Check("9.log"), HasSubstr("4.log has been cut short"));
}

}  // namespace
}  // namespace herd::journal
