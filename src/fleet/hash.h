#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace herd::fleet {

// What the hashes of a herd are keyed with. All its servers have the same and nobody else knows it,
// so that nobody can choose IDs that collide or reports whose difference cannot be seen; nor can it
// be computed from any number of IDs and their hashes, which travel in clear.
struct HashKey {
  static constexpr std::size_t kBytes = 16;

  std::array<std::uint8_t, kBytes> bytes{};

  friend bool operator==(const HashKey&, const HashKey&) = default;
};

// Names a client between the servers of a herd.
enum class ClientHash : std::uint64_t {};

// Names a row between the servers of a herd: the hash of its report (HashReport).
enum class RowHash : std::uint64_t {};

// SipHash-2-4, a pseudorandom function: to who does not know the key its values are random ones.
ClientHash HashClient(const HashKey& key, std::string_view client);
RowHash HashRow(const HashKey& key, std::span<const std::uint8_t> bytes);

// The clients of a herd are divided, by their hashes, into ranges, and each range into leaves: what
// servers compare to find where they differ. Part of the protocol between servers.
inline constexpr std::size_t kRanges = 64;
inline constexpr std::size_t kLeaves = 1024;  // in each range

constexpr std::size_t RangeOf(ClientHash client) {
  return static_cast<std::uint64_t>(client) >> 58U;
}
constexpr std::size_t LeafOf(ClientHash client) {
  return (static_cast<std::uint64_t>(client) >> 48U) & (kLeaves - 1);
}

}  // namespace herd::fleet
