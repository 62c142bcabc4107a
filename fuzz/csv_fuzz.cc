// Any bytes as a CSV file of positions: it is read or refused, and what is read can be sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/rows.h"
#include "wire/iso6709.h"
#include "wire/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using herd::cli::TimeFormat;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  for (const char* format : {"", "posix-ms", "%d/%m/%Y %H:%M", "%y%b%e%I%p%f%z"}) {
    in.clear();
    in.seekg(0);
    const auto rows =
        ReadCsv(in, {.mover = "fuzz", .keep_untimed = true}, *TimeFormat::Make(format));
    if (!rows) continue;
    for (const herd::cli::Row& row : rows->rows.rows) {
      if (!herd::wire::ParseIso6709(row.location)) std::abort();
      if (!row.time.empty() && !herd::wire::ParsePosixTime(row.time)) std::abort();
    }
  }
  return 0;
}
