#include "fleet/hash.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace herd::fleet {
namespace {

// The vectors of SipHash's authors (https://github.com/veorq/SipHash, vectors.h): the key is the
// bytes 0 to 15, the input those from 0 on. The hash is part of the protocol between servers.
HashKey KeyOfTheVectors() {
  HashKey key;
  for (std::size_t i = 0; i < HashKey::kBytes; ++i) key.bytes[i] = static_cast<std::uint8_t>(i);
  return key;
}

TEST(Hash, IsSipHash24) {
  const std::vector<std::pair<std::size_t, std::uint64_t>> vectors{
      {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
      {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572}};
  for (const auto& [size, expected] : vectors) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
    EXPECT_EQ(HashClient(KeyOfTheVectors(), text), ClientHash{expected}) << size;
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    EXPECT_EQ(HashRow(KeyOfTheVectors(), bytes), RowHash{expected}) << size;
  }
}

// Each byte of the key counts.
TEST(Hash, DependsOnAllOfTheKey) {
  const ClientHash before = HashClient({}, "kiwi");
  for (std::size_t i = 0; i < HashKey::kBytes; ++i) {
    HashKey key;
    key.bytes[i] = 1;
    EXPECT_NE(HashClient(key, "kiwi"), before) << i;
  }
}

}  // namespace
}  // namespace herd::fleet
