#include "server/secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace herd::server {
namespace {

class SecretFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "herd-secret-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    config_.secret_env = "HERD_SECRET_OF_THIS_TEST";
    config_.secret_file = dir_ / "sub" / "herd.secret";
  }
  void TearDown() override {
    ::unsetenv(config_.secret_env.c_str());
    std::filesystem::remove_all(dir_);
  }

  void WriteSecret(std::string_view text) const {
    std::filesystem::create_directories(config_.secret_file.parent_path());
    std::ofstream(config_.secret_file) << text;
    ::chmod(config_.secret_file.c_str(), S_IRUSR | S_IWUSR);
  }

  static std::string MacOf(const flood::Secret& secret) {
    const std::array<std::string_view, 1> parts{"x"};
    return secret.Mac(parts);
  }

  std::filesystem::path dir_;
  Config config_;
};

TEST_F(SecretFiles, AreMadeOnceAndForTheirOwnerOnly) {
  EXPECT_EQ(MakeSecretFile(config_.secret_file), true);
  const auto first = LoadSecret(config_);
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ(MakeSecretFile(config_.secret_file), false);
  EXPECT_EQ(MacOf(*LoadSecret(config_)), MacOf(*first));
  struct stat status{};
  ASSERT_EQ(::stat(config_.secret_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SecretFiles, DifferFromEachOther) {
  ASSERT_TRUE(MakeSecretFile(config_.secret_file));
  Config other = config_;
  other.secret_file = dir_ / "other.secret";
  ASSERT_TRUE(MakeSecretFile(other.secret_file));
  EXPECT_NE(MacOf(*LoadSecret(config_)), MacOf(*LoadSecret(other)));
}

TEST_F(SecretFiles, WinOverTheEnvironment) {
  ASSERT_TRUE(MakeSecretFile(config_.secret_file));
  const std::string of_file = MacOf(*LoadSecret(config_));
  ::setenv(config_.secret_env.c_str(), "a secret of the environment: 7f3k9", 1);
  EXPECT_EQ(MacOf(*LoadSecret(config_)), of_file);
  config_.secret_file.clear();
  EXPECT_EQ(MacOf(*LoadSecret(config_)),
            MacOf(flood::Secret("a secret of the environment: 7f3k9")));
}

TEST_F(SecretFiles, AreRefusedWhenMissingOrTooShortAndNeverQuoted) {
  EXPECT_FALSE(LoadSecret(config_));
  WriteSecret("  hunter2 \n");
  const auto secret = LoadSecret(config_);
  ASSERT_FALSE(secret);
  EXPECT_NE(secret.error().find("shorter than 16 bytes"), std::string::npos);
  EXPECT_EQ(secret.error().find("hunter2"), std::string::npos);
}

TEST_F(SecretFiles, AreRefusedWhenTheyCanBeGuessed) {
  WriteSecret("hunter2hunter2hunter2hunter2\n");
  const auto secret = LoadSecret(config_);
  ASSERT_FALSE(secret);
  EXPECT_NE(secret.error().find("can be guessed"), std::string::npos);
  EXPECT_NE(secret.error().find("run `herd secret`"), std::string::npos);
  EXPECT_EQ(secret.error().find("hunter2"), std::string::npos);
}

TEST_F(SecretFiles, LoseTheWhiteSpaceRoundThem) {
  WriteSecret(" correct horse battery staple 4711\r\n");
  EXPECT_EQ(MacOf(*LoadSecret(config_)), MacOf(flood::Secret("correct horse battery staple 4711")));
}

TEST_F(SecretFiles, ThatOthersCanReadAreRefused) {
  WriteSecret("correct horse battery staple 4711\n");
  ::chmod(config_.secret_file.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  const auto loaded = LoadSecret(config_);
  const auto made = MakeSecretFile(config_.secret_file);
  ASSERT_FALSE(loaded);
  ASSERT_FALSE(made);
  for (const std::string& error : {loaded.error(), made.error()})
    EXPECT_NE(error.find("chmod 600 " + config_.secret_file.string()), std::string::npos) << error;
}

TEST_F(SecretFiles, ThatAreThereAndNoSecretAreAnErrorAndStay) {
  WriteSecret("");
  const auto empty = MakeSecretFile(config_.secret_file);
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().find("is empty"), std::string::npos) << empty.error();
  EXPECT_EQ(std::filesystem::file_size(config_.secret_file), 0U);
  const auto fifo = dir_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_FALSE(MakeSecretFile(fifo));
  EXPECT_FALSE(MakeSecretFile(dir_));
  for (const std::filesystem::path& file :
       {fifo, dir_, std::filesystem::path("/dev/zero"), std::filesystem::path("/dev/null")}) {
    config_.secret_file = file;
    EXPECT_FALSE(LoadSecret(config_)) << file;
  }
}

// What the temporary file of earlier versions could be tricked with.
TEST_F(SecretFiles, OverwriteNothingInASharedDirectory) {
  const auto mine = dir_ / "mine";
  std::ofstream(mine) << "of great value";
  const auto secret = dir_ / "herd.secret";
  std::filesystem::create_symlink(mine, secret.string() + "." + std::to_string(::getpid()));
  EXPECT_EQ(MakeSecretFile(secret), true);
  std::ostringstream content;
  content << std::ifstream(mine).rdbuf();
  EXPECT_EQ(content.str(), "of great value");
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(secret)));
}

TEST_F(SecretFiles, ThatCannotBeWrittenAreAnError) {
  std::ofstream(dir_ / "file") << "x";
  EXPECT_FALSE(MakeSecretFile(dir_ / "file" / "herd.secret"));
}

// Part of the protocol between servers; computed by tests/hashes.py.
TEST(HashKeyOf, IsAMacOfTheHerdsName) {
  const fleet::HashKey key = HashKeyOf(flood::Secret(std::string(16, 'a')), "h");
  EXPECT_EQ(flood::ToHex(key.bytes), "552554b4db362a2cddb3801e4a19183b");
  EXPECT_NE(HashKeyOf(flood::Secret(std::string(16, 'a')), "i"), key);
  EXPECT_NE(HashKeyOf(flood::Secret(std::string(16, 'b')), "h"), key);
}

TEST(RandomHex, IsNeverTheSame) {
  EXPECT_EQ(RandomHex(32).size(), 64U);
  EXPECT_NE(RandomHex(32), RandomHex(32));
}

}  // namespace
}  // namespace herd::server
