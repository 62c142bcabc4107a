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
// that it names, else from DefaultSecretFile(). White space round it is no part of it. The error
// says where it looked and how to make one.
std::expected<flood::Secret, std::string> LoadSecret(const Config& config);

// Whether LoadSecret takes it from the environment.
bool SecretIsInEnvironment(const Config& config);

// The file that LoadSecret reads otherwise.
std::filesystem::path SecretFile(const Config& config);

// Makes a new secret of 32 random bytes in `file`, readable by its owner only, unless the file is
// there already. True when it was made now. Of several that try at once, one makes it.
std::expected<bool, std::string> MakeSecretFile(const std::filesystem::path& file);

// What the hashes of `herd` are keyed with: known to the servers of the herd only, as the secret
// is.
fleet::HashKey HashKeyOf(const flood::Secret& secret, std::string_view herd);

// `bytes` random bytes from OpenSSL's generator, in hexadecimal.
std::string RandomHex(std::size_t bytes);

}  // namespace herd::server
