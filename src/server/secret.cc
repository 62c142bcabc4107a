#include "server/secret.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/new_file.h"
#include "base/private_file.h"
#include "server/secret_strength.h"

namespace herd::server {
namespace {

constexpr std::size_t kSecretBytes = 32;
// Far more than a secret needs; what is longer is another file.
constexpr std::size_t kFileBytesMax = 4096;
constexpr std::string_view kSpace = " \t\r\n";

std::expected<flood::Secret, std::string> Checked(std::string text, const std::string& source) {
  const std::size_t first = text.find_first_not_of(kSpace);
  text = first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.size() < flood::Secret::kBytesMin) {
    return std::unexpected("the herd's secret in " + source + " is shorter than " +
                           std::to_string(flood::Secret::kBytesMin) +
                           " bytes; `herd secret` makes a good one");
  }
  if (SecretBits(text) < kSecretBitsMin) {
    return std::unexpected(
        "the herd's secret in " + source +
        " can be guessed: it is too short for what it is made of, or repeats "
        "itself (docs/configuration.md, \"[secret]\"); run `herd secret` to make "
        "a good one, and give it to all servers of the herd");
  }
  return flood::Secret(std::move(text));
}

std::expected<flood::Secret, std::string> LoadSecretFile(const std::filesystem::path& file) {
  auto text = base::ReadPrivateFile(file, kFileBytesMax);
  if (!text) return std::unexpected("the herd's secret cannot be used: " + text.error());
  return Checked(*std::move(text), file.string());
}

}  // namespace

std::filesystem::path SecretFile(const Config& config) {
  return config.secret_file.empty() ? DefaultSecretFile(config) : config.secret_file;
}

bool SecretIsInEnvironment(const Config& config) {
  return config.secret_file.empty() && std::getenv(config.secret_env.c_str()) != nullptr;
}

std::expected<flood::Secret, std::string> LoadSecret(const Config& config) {
  if (SecretIsInEnvironment(config)) {
    return Checked(std::getenv(config.secret_env.c_str()),
                   "the environment variable " + config.secret_env);
  }
  const std::filesystem::path file = SecretFile(config);
  if (config.secret_file.empty() && !std::filesystem::exists(file)) {
    return std::unexpected(
        "the herd has no secret, and its servers cannot prove themselves to each other: set " +
        config.secret_env + ", name a file in [secret] of the configuration, or run " +
        "`herd secret` to make " + file.string());
  }
  return LoadSecretFile(file);
}

std::expected<bool, std::string> MakeSecretFile(const std::filesystem::path& file) {
  auto made = base::NewFile::Create(file, base::IfExists::kKeep);
  if (!made) return std::unexpected(made.error());
  made->Append(RandomHex(kSecretBytes) + "\n");
  auto committed = made->Commit();
  if (!committed || *committed) return committed;
  // What is there stays as it is; but is it a secret?
  if (const auto there = LoadSecretFile(file); !there) return std::unexpected(there.error());
  return false;
}

fleet::HashKey HashKeyOf(const flood::Secret& secret, std::string_view herd) {
  // Not the label of earlier versions of the protocol: half of what it gave could be computed from
  // what they sent.
  const auto mac = secret.MacBytes(std::array<std::string_view, 2>{"herd-siphash-key", herd});
  fleet::HashKey key;
  std::copy_n(mac.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

std::string RandomHex(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  // Without randomness there is no proof of anything: better no server than a guessable one.
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) std::abort();
  return flood::ToHex(random);
}

}  // namespace herd::server
