#pragma once

#include <string_view>

#include "journal/table_scan.h"

namespace herd::journal {

// How a write-ahead log of RocksDB (.log) looks.
struct LogScan {
  // Something in it cannot be what was written: a wrong checksum, a length or a kind that does not
  // exist, records behind emptiness.
  bool damaged = false;
  // It ends in the middle of a record, as a crash leaves it.
  bool torn = false;
};

// Hands out the rows of all batches in the log that are whole, those behind damage too, oldest
// first: what is damaged costs its batch, and those that begin in the same 32 KiB of the file.
// `file` is the file's content; `take` may be empty.
LogScan ScanLog(std::string_view file, const TakeEntry& take);

}  // namespace herd::journal
