#include "journal/table_scan.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <optional>
#include <string>

#include "journal/little_endian.h"

namespace herd::journal {
namespace {

// The layout is that of rocksdb/table/block_based, format_version 5 (github.com/facebook/rocksdb/
// wiki/Rocksdb-BlockBasedTable-Format): a block is entries, the offsets of every 16th of them, the
// number of these offsets; behind it stand its compression and its checksum.
constexpr std::size_t kRestartInterval = 16;
constexpr std::size_t kTrailerBytes = 5;
constexpr char kNotPacked = 0;

// Behind a key of the user: its sequence number and, in the lowest byte, what kind of entry it is.
constexpr std::size_t kSequenceBytes = 8;
constexpr char kValueEntry = 1;

// No block is larger: one has 32 KiB and one row more.
constexpr std::size_t kBlockBytesMax = std::size_t{1} << 20;

struct Entry {
  std::uint32_t shared;  // bytes of the key that are those of the key before it
  std::string_view rest;
  std::string_view value;
};

// One of RocksDB's varint32; advances `text`.
std::optional<std::uint32_t> TakeVarint(std::string_view& text) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift <= 28 && !text.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<Entry> TakeOne(std::string_view& text) {
  const auto shared = TakeVarint(text);
  const auto rest = shared ? TakeVarint(text) : std::nullopt;
  const auto value = rest ? TakeVarint(text) : std::nullopt;
  if (!value || *rest > text.size() || *value > text.size() - *rest) return std::nullopt;
  const Entry entry{
      .shared = *shared, .rest = text.substr(0, *rest), .value = text.substr(*rest, *value)};
  text.remove_prefix(std::size_t{*rest} + *value);
  return entry;
}

// Calls `take` with the key, as it stands in the file, and the value of each entry from the start
// of `text`. Returns how many they are, with `text` behind the last one; nothing when they are not
// those of a block.
template <typename Take>
std::optional<std::size_t> ForEachEntry(std::string_view& text, Take&& take) {
  std::string key;
  for (std::size_t entries = 0;; ++entries) {
    const std::string_view here = text;
    const auto entry = TakeOne(text);
    if (!entry) return std::nullopt;
    // No key is empty: this is the first offset, 0.
    if (entry->shared == 0 && entry->rest.empty()) {
      text = here;
      return entries > 0 ? std::optional(entries) : std::nullopt;
    }
    const bool restarts = entries % kRestartInterval == 0;
    if (entry->shared > key.size() || (restarts && entry->shared != 0)) return std::nullopt;
    key.resize(entry->shared);
    key.append(entry->rest);
    if (key.size() < kSequenceBytes) return std::nullopt;
    take(key, entry->value);
  }
}

// The size of the block at the start of `file`, without its trailer; nothing when there is none, or
// its checksum is wrong.
std::optional<std::size_t> BlockAt(std::string_view file) {
  std::string_view behind = file.substr(0, kBlockBytesMax);
  const auto entries = ForEachEntry(behind, [](std::string_view, std::string_view) {});
  if (!entries) return std::nullopt;
  const std::size_t restarts = (*entries + kRestartInterval - 1) / kRestartInterval;
  const auto entry_bytes = static_cast<std::size_t>(behind.data() - file.data());
  const std::size_t size = entry_bytes + (restarts + 1) * sizeof(std::uint32_t);
  if (size + kTrailerBytes > file.size()) return std::nullopt;
  if (Fixed32(file.substr(size - sizeof(std::uint32_t))) != restarts) return std::nullopt;
  if (file[size] != kNotPacked) return std::nullopt;
  const auto checksum = static_cast<std::uint32_t>(XXH3_64bits(file.data(), size));
  if (Fixed32(file.substr(size + 1)) != checksum) return std::nullopt;
  return size;
}

}  // namespace

std::uint64_t ScanTable(std::string_view file, const TakeEntry& take) {
  std::uint64_t elsewhere = 0;
  while (!file.empty()) {
    const auto size = BlockAt(file);
    if (!size) {
      // The next block may begin at any byte.
      file.remove_prefix(1);
      ++elsewhere;
      continue;
    }
    std::string_view block = file.substr(0, *size);
    ForEachEntry(block, [&](std::string_view key, std::string_view value) {
      const std::string_view client = key.substr(0, key.size() - kSequenceBytes);
      if (key[client.size()] == kValueEntry) take(client, value);
    });
    file.remove_prefix(*size + kTrailerBytes);
  }
  return elsewhere;
}

}  // namespace herd::journal
