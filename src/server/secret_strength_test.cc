#include "server/secret_strength.h"

#include <gtest/gtest.h>

#include <string>

#include "server/secret.h"

namespace herd::server {
namespace {

bool IsStrong(std::string_view secret) {
  return SecretBits(secret) >= kSecretBitsMin;
}

TEST(SecretBits, AreEnoughInWhatIsMadeByChance) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(IsStrong(RandomHex(32)));  // as `herd secret` makes them
    EXPECT_TRUE(IsStrong(RandomHex(16)));
  }
  EXPECT_TRUE(IsStrong("c2FtcGxlLW9mLTI0LWJ5dGVzLXg5"));  // base64
  EXPECT_TRUE(IsStrong("1b4e28ba-2fa1-41d2-883f-b9a761bde3fb"));
  EXPECT_TRUE(IsStrong("cleft cam synod lacy yr wok harbor"));  // words by dice
  EXPECT_TRUE(IsStrong("mX4tq9Lw2RzK7vBd"));
}

TEST(SecretBits, AreTooFewInWhatPeopleTakeFirst) {
  for (const char* secret : {
           "",
           "0123456789abcdef",
           "00000000000000000000000000000000",
           "123456789012345678901234567890",
           "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
           "passwordpasswordpasswordpassword",
           "deadbeefdeadbeefdeadbeefdeadbeef",
           "abababababababababababababababababababab",
           "correct horse battery",
           "the secret of our herd",
           "2026-11-27 12:00:00",
           "Password1Password1Password1",
       }) {
    EXPECT_FALSE(IsStrong(secret)) << secret << " " << SecretBits(secret);
  }
}

}  // namespace
}  // namespace herd::server
