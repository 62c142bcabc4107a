#include "fleet/hash.h"

// The hash is part of the protocol between servers: XXH3, 64 bits, with the key as its seed.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <utility>

namespace herd::fleet {

ClientHash HashClient(HashKey key, std::string_view client) {
  return ClientHash{XXH3_64bits_withSeed(client.data(), client.size(), std::to_underlying(key))};
}

RowHash HashRow(HashKey key, std::string_view bytes) {
  return RowHash{XXH3_64bits_withSeed(bytes.data(), bytes.size(), std::to_underlying(key))};
}

RowHash HashRow(HashKey key, const std::array<std::uint64_t, 6>& numbers) {
  static_assert(std::endian::native == std::endian::little);
  return RowHash{XXH3_64bits_withSeed(numbers.data(), sizeof numbers, std::to_underlying(key))};
}

}  // namespace herd::fleet
