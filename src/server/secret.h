#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "fleet/hash.h"
#include "flood/secret.h"
#include "server/config.h"

namespace herd::server {

// The herd's secret: from the file that the configuration names, else from the environment variable
// that it names, else from DefaultSecretFile(). White space round it is no part of it. The file
// must be private, as base::ReadPrivateFile has it. The error says where it looked and what to do.
std::expected<flood::Secret, std::string> LoadSecret(const Config& config);

// Whether LoadSecret takes it from the environment.
bool SecretIsInEnvironment(const Config& config);

// The file that LoadSecret reads otherwise.
std::filesystem::path SecretFile(const Config& config);

// Makes a new secret of 32 random bytes in `file`, readable by its owner only, unless something is
// there already: false when that is a secret that LoadSecret would take, else an error. Of several
// that try at once, one makes it. No symbolic link is followed to write.
std::expected<bool, std::string> MakeSecretFile(const std::filesystem::path& file);

// What the hashes of `herd` are keyed with: known to the servers of the herd only, as the secret
// is.
fleet::HashKey HashKeyOf(const flood::Secret& secret, std::string_view herd);

// `bytes` random bytes from OpenSSL's generator, in hexadecimal.
std::string RandomHex(std::size_t bytes);

}  // namespace herd::server
