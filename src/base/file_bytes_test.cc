#include "base/file_bytes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace herd::base {
namespace {

namespace fs = std::filesystem;

class FilesInMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "herd-bytes-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path Make(const std::string& text) const {
    std::ofstream(dir_ / "file", std::ios::binary) << text;
    return dir_ / "file";
  }

  fs::path dir_;
};

TEST_F(FilesInMemory, AreReadWhole) {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 5'000'000U}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = 'y';
    const auto bytes = FileBytes::Read(Make(text));
    ASSERT_TRUE(bytes) << bytes.error();
    EXPECT_EQ(bytes->Bytes(), text);
    EXPECT_EQ(std::string_view(bytes->Bytes().data() + size, FileBytes::kPadding),
              std::string(FileBytes::kPadding, '\0'));
  }
}

// With a mapping the first of these ends the process (SIGBUS), the second changes the bytes.
TEST_F(FilesInMemory, StayWhateverBecomesOfTheFile) {
  const std::string text(1'000'000, 'x');
  const fs::path file = Make(text);
  const auto first = FileBytes::Read(file);
  ASSERT_TRUE(first) << first.error();
  fs::resize_file(file, 0);
  EXPECT_EQ(first->Bytes(), text);
  Make(text);
  const auto second = FileBytes::Read(file);
  ASSERT_TRUE(second) << second.error();
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "garbage";
  EXPECT_EQ(second->Bytes(), text);
  fs::remove(file);
  EXPECT_EQ(second->Bytes(), text);
}

TEST_F(FilesInMemory, AreRefusedWhenTheyChangeWhileTheyAreRead) {
  const std::string text(1'000'000, 'x');
  const fs::path file = Make(text);
  const auto cut = FileBytes::Read(file, [&](std::string_view, std::uint64_t) {
    fs::resize_file(file, 5000);
    return "";
  });
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().find("cut short"), std::string::npos) << cut.error();
  const auto grown = FileBytes::Read(Make(text), [&](std::string_view, std::uint64_t) {
    fs::resize_file(file, 2'000'000);
    return "";
  });
  ASSERT_FALSE(grown);
  EXPECT_NE(grown.error().find("was changed"), std::string::npos) << grown.error();
  const auto written_over = FileBytes::Read(Make(text), [&](std::string_view, std::uint64_t) {
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << "garbage";
    // Two writes within one tick of the system's clock have the same time.
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
    return "";
  });
  ASSERT_FALSE(written_over);
  EXPECT_NE(written_over.error().find("was changed"), std::string::npos) << written_over.error();
}

TEST_F(FilesInMemory, AreLookedAtBeforeAllIsRead) {
  const auto refused = FileBytes::Read(Make(std::string(10'000, 'x')),
                                       [](std::string_view head, std::uint64_t size) {
                                         EXPECT_EQ(head, std::string(FileBytes::kHeadBytes, 'x'));
                                         EXPECT_EQ(size, 10'000U);
                                         return "not mine";
                                       });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (dir_ / "file").string() + ": not mine");
}

TEST_F(FilesInMemory, AreRegularAndNoLargerThanTheMemory) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  for (const fs::path& file : {dir_ / "fifo", dir_, fs::path("/dev/zero")}) {
    const auto bytes = FileBytes::Read(file);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().find("not a regular file"), std::string::npos) << bytes.error();
  }
  const fs::path file = Make("x");
  if (::truncate(file.c_str(), off_t{1} << 43U) != 0) GTEST_SKIP() << "no such sparse files here";
  const auto bytes = FileBytes::Read(file);
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().find("larger than the memory"), std::string::npos) << bytes.error();
}

}  // namespace
}  // namespace herd::base
