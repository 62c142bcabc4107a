#include "flood/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

namespace herd::flood {

Secret::~Secret() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

std::array<std::uint8_t, Secret::kMacBytes> Secret::MacBytes(
    std::span<const std::string_view> parts) const {
  std::string text;
  for (const std::string_view part : parts) {
    text += part;
    text += '\0';
  }
  std::array<std::uint8_t, kMacBytes> mac{};
  unsigned size = 0;
  // OpenSSL fails here only when it is broken or out of memory; an unproved link must not come up.
  if (HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
           &size) == nullptr ||
      size != mac.size()) {
    std::abort();
  }
  return mac;
}

std::string Secret::Mac(std::span<const std::string_view> parts) const {
  return ToHex(MacBytes(parts));
}

std::string ToHex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kHex[byte >> 4U];
    hex += kHex[byte & 0xFU];
  }
  return hex;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace herd::flood
