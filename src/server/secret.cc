#include "server/secret.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <vector>

#include "server/secret_strength.h"

namespace herd::server {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::string_view kSpace = " \t\r\n";

std::string LastError() {
  return std::generic_category().message(errno);
}

std::expected<std::string, std::string> ReadFile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return std::unexpected("cannot read the herd's secret from " + file.string() + ": " +
                           LastError());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

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
    return std::unexpected("the herd's secret in " + source +
                           " can be guessed: it is too short for what it is made of, or repeats "
                           "itself (docs/configuration.md, \"[secret]\"); run `herd secret` to make "
                           "a good one, and give it to all servers of the herd");
  }
  return flood::Secret(std::move(text));
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
  auto text = ReadFile(file);
  if (!text) return std::unexpected(text.error());
  return Checked(*std::move(text), file.string());
}

std::expected<bool, std::string> MakeSecretFile(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error)
    return std::unexpected("cannot make " + file.parent_path().string() + ": " + error.message());
  // Written apart and linked into place, so that nobody ever reads half a secret.
  const std::filesystem::path fresh = file.string() + "." + std::to_string(::getpid());
  const int descriptor =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return std::unexpected("cannot write " + fresh.string() + ": " + LastError());
  const std::string text = RandomHex(kSecretBytes) + "\n";
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  const std::string write_error = written ? "" : LastError();
  ::close(descriptor);
  const bool made = written && ::link(fresh.c_str(), file.c_str()) == 0;
  const bool exists = written && !made && errno == EEXIST;
  const std::string link_error = LastError();
  ::unlink(fresh.c_str());
  if (made || exists) return made;
  return std::unexpected("cannot write " + file.string() + ": " +
                         (written ? link_error : write_error));
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
