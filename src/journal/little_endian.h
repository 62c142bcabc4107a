#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace herd::journal {

// The number in the first two, or four, bytes of `text`, lowest first, as RocksDB writes it; `text`
// has so many.
inline std::uint32_t FixedBytes(std::string_view text, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return value;
}
inline std::uint32_t Fixed16(std::string_view text) {
  return FixedBytes(text, 2);
}
inline std::uint32_t Fixed32(std::string_view text) {
  return FixedBytes(text, 4);
}

}  // namespace herd::journal
