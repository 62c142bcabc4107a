#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace herd::flood {

// What every server of a herd knows and nobody else. It cannot be printed, and its bytes are wiped
// at its end.
class Secret {
 public:
  static constexpr std::size_t kBytesMin = 16;

  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

  // HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the parts, each ended by a NUL byte; the second in
  // hexadecimal.
  static constexpr std::size_t kMacBytes = 32;
  std::array<std::uint8_t, kMacBytes> MacBytes(std::span<const std::string_view> parts) const;
  std::string Mac(std::span<const std::string_view> parts) const;

 private:
  std::string bytes_;
};

// Two lower-case digits a byte.
std::string ToHex(std::span<const std::uint8_t> bytes);

// Whether two texts are equal, in a time that does not depend on where they differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace herd::flood
