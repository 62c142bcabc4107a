#include "places/api_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>

namespace herd::places {
namespace {

static_assert(!std::is_convertible_v<ApiKey, std::string>);
static_assert(!std::is_convertible_v<ApiKey, std::string_view>);
static_assert(!std::is_default_constructible_v<ApiKey>);

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<ApiKey>);

class KeyFile : public testing::Test {
 protected:
  ~KeyFile() override { std::filesystem::remove(file_); }

  std::expected<ApiKey, std::string> LoadFrom(std::string_view text) {
    Write(text);
    return LoadApiKey(file_, "HERD_TEST_UNUSED");
  }

  void Write(std::string_view text) {
    std::ofstream(file_, std::ios::binary) << text;
    ::chmod(file_.c_str(), S_IRUSR | S_IWUSR);
  }

  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("herd_key_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
       std::to_string(getpid()));
};

TEST_F(KeyFile, GivesTheKeyWithoutItsLineEnd) {
  for (const std::string_view text :
       {"AIza-Sy_1", "AIza-Sy_1\n", "AIza-Sy_1\r\n", "  AIza-Sy_1\n\n"}) {
    const auto key = LoadFrom(text);
    ASSERT_TRUE(key) << key.error();
    EXPECT_EQ(key->Reveal(), "AIza-Sy_1");
  }
}

TEST_F(KeyFile, RefusesWhatIsNoKeyAndDoesNotQuoteIt) {
  for (const std::string_view text :
       {std::string_view("\n"), std::string_view("SECRET\nSECRET"), std::string_view("SECRET\x01"),
        std::string_view("SECRET\0x", 8), std::string_view("KEY=SECRET"),
        std::string_view("SECRET&radius=1"), std::string_view("SECRET\xC3\xA9")}) {
    const auto key = LoadFrom(text);
    ASSERT_FALSE(key) << text;
    EXPECT_TRUE(key.error().starts_with(file_.string() + ": the key ")) << key.error();
    EXPECT_EQ(key.error().find("SECRET"), std::string::npos) << key.error();
  }
}

TEST_F(KeyFile, RefusesAFileThatIsTooLong) {
  EXPECT_TRUE(LoadFrom(std::string(ApiKey::kCharactersMax, 'x')));
  EXPECT_FALSE(LoadFrom(std::string(ApiKey::kCharactersMax + 1, 'x')));
  EXPECT_FALSE(LoadFrom(std::string(1'000'000, 'x')));
}

TEST_F(KeyFile, MissingIsAnErrorThatNamesIt) {
  const auto key = LoadApiKey(file_, "HERD_TEST_UNUSED");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(), file_.string() + ": cannot be read: No such file or directory");
}

TEST_F(KeyFile, IsPrivateAndNotEmpty) {
  Write("AIza-Sy_1\n");
  ::chmod(file_.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  const auto open = LoadApiKey(file_, "HERD_TEST_UNUSED");
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().find("chmod 600 " + file_.string()), std::string::npos) << open.error();
  const auto empty = LoadFrom("");
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().find("is empty"), std::string::npos) << empty.error();
  EXPECT_FALSE(LoadApiKey("/dev/zero", "HERD_TEST_UNUSED"));
}

TEST_F(KeyFile, MayNotBeAFolder) {
  EXPECT_FALSE(LoadApiKey(std::filesystem::temp_directory_path(), "HERD_TEST_UNUSED"));
}

TEST_F(KeyFile, WinsOverTheEnvironment) {
  setenv("HERD_TEST_KEY", "from-environment", 1);
  Write("from-file\n");
  EXPECT_EQ(LoadApiKey(file_, "HERD_TEST_KEY")->Reveal(), "from-file");
  EXPECT_EQ(LoadApiKey({}, "HERD_TEST_KEY")->Reveal(), "from-environment");
  unsetenv("HERD_TEST_KEY");
}

TEST(LoadApiKey, NamesTheVariableThatIsNotSetOrEmpty) {
  EXPECT_EQ(LoadApiKey({}, "HERD_TEST_UNSET").error(),
            "Google's places need a key: set the environment variable HERD_TEST_UNSET, or name a "
            "file in places.google.key_file");
  setenv("HERD_TEST_EMPTY", "", 1);
  EXPECT_EQ(LoadApiKey({}, "HERD_TEST_EMPTY").error(),
            "the environment variable HERD_TEST_EMPTY: the key is empty");
  unsetenv("HERD_TEST_EMPTY");
}

TEST(ApiKey, IsScrubbedFromText) {
  const auto key = ApiKey::Make("k3y");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->Scrub(""), "");
  EXPECT_EQ(key->Scrub("no secret"), "no secret");
  EXPECT_EQ(key->Scrub("k3y in ?key=k3yk3y&x"), "[key] in ?key=[key][key]&x");
}

}  // namespace
}  // namespace herd::places
