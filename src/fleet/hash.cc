#include "fleet/hash.h"

#include <sodium/crypto_shorthash_siphash24.h>

#include <bit>

namespace herd::fleet {
namespace {

static_assert(HashKey::kBytes == crypto_shorthash_siphash24_KEYBYTES);

// Needs no sodium_init: there is one implementation, and no randomness in it.
std::uint64_t SipHash(const HashKey& key, const std::uint8_t* bytes, std::size_t size) {
  std::array<std::uint8_t, crypto_shorthash_siphash24_BYTES> hash;
  crypto_shorthash_siphash24(hash.data(), bytes, size, key.bytes.data());
  // The lowest byte comes first.
  static_assert(std::endian::native == std::endian::little);
  return std::bit_cast<std::uint64_t>(hash);
}

}  // namespace

ClientHash HashClient(const HashKey& key, std::string_view client) {
  return ClientHash{
      SipHash(key, reinterpret_cast<const std::uint8_t*>(client.data()), client.size())};
}

RowHash HashRow(const HashKey& key, std::span<const std::uint8_t> bytes) {
  return RowHash{SipHash(key, bytes.data(), bytes.size())};
}

}  // namespace herd::fleet
