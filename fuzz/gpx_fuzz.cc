// Any bytes as a GPX file: it is read or refused, and what is read can be sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/rows.h"
#include "wire/iso6709.h"
#include "wire/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  const auto rows =
      herd::cli::ReadGpx(in, {.mover = "fuzz", .by_track = true, .keep_untimed = true});
  if (!rows) return 0;
  for (const herd::cli::Row& row : rows->rows) {
    if (!herd::wire::ParseIso6709(row.location)) std::abort();
    if (!row.time.empty() && !herd::wire::ParsePosixTime(row.time)) std::abort();
  }
  return 0;
}
