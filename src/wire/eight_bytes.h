#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

// Eight bytes of a text in one number, the first of them lowest: a few instructions then do to all
// eight what a loop does to one after the other.

namespace herd::wire {

static_assert(std::endian::native == std::endian::little);

// Times n: n in every byte.
inline constexpr std::uint64_t kEveryByte = 0x01'01'01'01'01'01'01'01;

inline std::uint64_t Load8(const char* from) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

inline void Store8(char* to, std::uint64_t bytes) {
  std::memcpy(to, &bytes, sizeof bytes);
}

// Where the first byte stands whose highest bit is set in `marks`, which has no other bits; 8 where
// none is.
constexpr unsigned FirstMarked(std::uint64_t marks) {
  return static_cast<unsigned>(std::countr_zero(marks)) / 8;
}

// How many digits stand before the first byte that is none.
constexpr unsigned CountDigits(std::uint64_t bytes) {
  const std::uint64_t values = bytes ^ kEveryByte * '0';
  // A value above 9 has its highest bit or gets it by the sum. Where the sum is carried into the
  // next byte, this one is marked before it.
  return FirstMarked(((values + kEveryByte * (0x80 - 10)) | values) & kEveryByte * 0x80);
}

// The first `count` bytes, below eight, with zeros behind them.
constexpr std::uint64_t FirstBytes(std::uint64_t bytes, unsigned count) {
  return bytes & ((std::uint64_t{1} << (8 * count)) - 1);
}

// The number that eight digits say; a zero byte counts as '0'.
constexpr std::uint32_t ReadEightDigits(std::uint64_t digits) {
  // Neighbours become numbers below 100, then these below 10,000, then those the whole.
  digits &= kEveryByte * 0x0F;
  digits = digits * 10 + (digits >> 8U);
  constexpr std::uint64_t kEvery4th = 0x00'00'00'FF'00'00'00'FF;
  constexpr std::uint64_t kFirst = 100 + (std::uint64_t{1'000'000} << 32U);
  constexpr std::uint64_t kSecond = 1 + (std::uint64_t{10'000} << 32U);
  const std::uint64_t sum = (digits & kEvery4th) * kFirst + (digits >> 16U & kEvery4th) * kSecond;
  return static_cast<std::uint32_t>(sum >> 32U);
}

// The eight digits of a number below 100,000,000, zeros in front included.
constexpr std::uint64_t EightDigitsOf(std::uint32_t number) {
  // Two numbers below 10,000, then four below 100, then eight below 10, each time what is above in
  // the earlier bytes. The quotients are products: exact for numbers as small as these.
  std::uint64_t parts = number / 10'000 + (std::uint64_t{number % 10'000} << 32U);
  const std::uint64_t hundreds = parts * 5'243 >> 19U & 0x00'00'00'7F'00'00'00'7F;
  parts = hundreds + ((parts - 100 * hundreds) << 16U);
  const std::uint64_t tens = parts * 103 >> 10U & 0x00'0F'00'0F'00'0F'00'0F;
  parts = tens + ((parts - 10 * tens) << 8U);
  return parts | kEveryByte * '0';
}

}  // namespace herd::wire
