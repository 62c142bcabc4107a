#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace herd::journal {

// Takes a client and its AT line, or whatever else is a key and a value there.
using TakeEntry = std::function<void(std::string_view key, std::string_view value)>;

// Hands out every entry of a table file of RocksDB (.sst) that stands in a block whose checksum is
// right, whatever the other blocks, the index and the footer look like: what is damaged costs its
// block. `file` is the file's content, in the layout that RowsOptions writes: blocks that are not
// packed, with XXH3 checksums. Entries of blocks that hold no rows may be among them, older rows of
// a client too, deletions not. Returns how many bytes are in no such block: those of a sound
// file's index and footer as well.
std::uint64_t ScanTable(std::string_view file, const TakeEntry& take);

}  // namespace herd::journal
