#include "base/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/directories.h"

namespace herd::base {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebodyElse = 65534;  // Debian's nobody

class PrivateFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "herd-private-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path Make(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    fs::path file = dir_ / name;
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

  static std::string ErrorOf(const fs::path& file) {
    const auto text = ReadPrivateFile(file, 16);
    return text ? "read" : text.error();
  }

  fs::path dir_;
};

TEST_F(PrivateFiles, AreReadWhole) {
  const std::string text("0123456\0 9abcdef", 16);
  EXPECT_EQ(ReadPrivateFile(Make("file", text), 16), text);
  EXPECT_EQ(ReadPrivateFile(Make("strict", text, 0400), 16), text);
  fs::create_symlink(dir_ / "file", dir_ / "link");
  EXPECT_EQ(ReadPrivateFile(dir_ / "link", 16), text);
}

TEST_F(PrivateFiles, AreRefusedWhenOthersHaveAccess) {
  for (const mode_t mode : {0640U, 0620U, 0604U, 0602U, 0644U, 0666U}) {
    const fs::path file = Make("file", "secret", mode);
    const std::string error = ErrorOf(file);
    EXPECT_NE(error.find("chmod 600 " + file.string()), std::string::npos) << error;
  }
  EXPECT_NE(ErrorOf(Make("file", "secret", 0644)).find("mode 0644"), std::string::npos);
}

TEST_F(PrivateFiles, AreRefusedWhenEmptyOrTooLong) {
  EXPECT_NE(ErrorOf(Make("empty", "")).find("is empty"), std::string::npos);
  EXPECT_NE(ErrorOf(Make("long", std::string(17, 'x'))).find("longer than 16 bytes"),
            std::string::npos);
}

TEST_F(PrivateFiles, AreRegularFiles) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_NE(ErrorOf(dir_).find("is a directory"), std::string::npos);
  for (const fs::path& file : {dir_ / "fifo", fs::path("/dev/zero"), fs::path("/dev/null")}) {
    EXPECT_NE(ErrorOf(file).find("not a regular file"), std::string::npos) << file;
  }
  EXPECT_NE(ErrorOf(dir_ / "none").find("No such file"), std::string::npos);
}

TEST_F(PrivateFiles, BelongToUsOrRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const fs::path file = Make("file", "secret");
  ASSERT_EQ(::chown(file.c_str(), kSomebodyElse, kSomebodyElse), 0);
  EXPECT_NE(ErrorOf(file).find("belongs to another user"), std::string::npos);
  Make("own", "secret");
  fs::create_symlink(dir_ / "own", dir_ / "link");
  ASSERT_EQ(::lchown((dir_ / "link").c_str(), kSomebodyElse, kSomebodyElse), 0);
  EXPECT_NE(ErrorOf(dir_ / "link").find("another user made"), std::string::npos);
}

TEST_F(PrivateFiles, LieInDirectoriesThatOthersCannotWriteTo) {
  EXPECT_TRUE(CheckOwnDirectory(dir_));
  EXPECT_TRUE(CheckOwnDirectory(dir_ / "none"));
  EXPECT_TRUE(CheckOwnDirectory(dir_ / ""));
  EXPECT_FALSE(CheckOwnDirectory(Make("file", "x")));
  fs::create_directory(dir_ / "open");
  ::chmod((dir_ / "open").c_str(), 01777);
  EXPECT_FALSE(CheckOwnDirectory(dir_ / "open"));
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a directory away";
  fs::create_directory(dir_ / "theirs");
  ASSERT_EQ(::chown((dir_ / "theirs").c_str(), kSomebodyElse, kSomebodyElse), 0);
  EXPECT_FALSE(CheckOwnDirectory(dir_ / "theirs"));
  fs::create_directory(dir_ / "ours");
  fs::create_symlink(dir_ / "ours", dir_ / "link");
  EXPECT_TRUE(CheckOwnDirectory(dir_ / "link"));
  ASSERT_EQ(::lchown((dir_ / "link").c_str(), kSomebodyElse, kSomebodyElse), 0);
  EXPECT_FALSE(CheckOwnDirectory(dir_ / "link"));
}

}  // namespace
}  // namespace herd::base
