#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace herd::fleet {

// What the hashes of a herd are keyed with. All its servers have the same and nobody else knows it,
// so that nobody can choose IDs that collide or reports whose difference cannot be seen.
enum class HashKey : std::uint64_t {};

// Names a client between the servers of a herd.
enum class ClientHash : std::uint64_t {};

// Names a row between the servers of a herd: the hash of its report (HashReport).
enum class RowHash : std::uint64_t {};

ClientHash HashClient(HashKey key, std::string_view client);
RowHash HashRow(HashKey key, std::string_view bytes);

// The hash of the bytes of these numbers, the lowest of each first.
RowHash HashRow(HashKey key, const std::array<std::uint64_t, 6>& numbers);

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
