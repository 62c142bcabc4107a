#pragma once

#include <cstdint>

#include "wire/eight_bytes.h"

// Eight hexadecimal digits at a time, in one number (wire/eight_bytes.h). Hashes are most of what a
// busy herd says.

namespace herd::flood {

// The digits of `number`, the highest first, in lower case.
constexpr std::uint64_t HexDigitsOf(std::uint32_t number) {
  // Each of its bytes into two, the highest first; then each half of a byte into one.
  std::uint64_t bytes = __builtin_bswap32(number);
  bytes = (bytes | bytes << 16U) & 0x0000'FFFF'0000'FFFF;
  bytes = (bytes | bytes << 8U) & 0x00FF'00FF'00FF'00FF;
  const std::uint64_t halves =
      (bytes >> 4U & 0x000F'000F'000F'000F) | (bytes & 0x000F'000F'000F'000F) << 8U;
  // One in every byte above 9.
  const std::uint64_t letters = (halves + wire::kEveryByte * 6) >> 4U & wire::kEveryByte;
  return halves + wire::kEveryByte * '0' + letters * ('a' - '0' - 10);
}

// The number whose digits these are. Of other bytes it makes some number, of which HexDigitsOf
// makes others.
constexpr std::uint32_t HexValueOf(std::uint64_t digits) {
  const std::uint64_t letters = digits >> 6U & wire::kEveryByte;
  const std::uint64_t halves = (digits & wire::kEveryByte * 0x0F) + letters * 9;
  std::uint64_t bytes = (halves << 4U | halves >> 8U) & 0x00FF'00FF'00FF'00FF;
  bytes = (bytes | bytes >> 8U) & 0x0000'FFFF'0000'FFFF;
  return __builtin_bswap32(static_cast<std::uint32_t>(bytes | bytes >> 16U));
}

}  // namespace herd::flood
