#pragma once

#include <cstdint>

#include "wire/ascii.h"
#include "wire/eight_bytes.h"
#include "wire/iso6709.h"
#include "wire/time.h"

// The fields of a line, read where they stand. All take where a field begins, `from`, and the
// line's `end`, before which they read. A field ends with white space or the line.

namespace herd::wire {

// Where the field ends.
inline const char* FieldEnd(const char* from, const char* end) {
  while (end - from >= 8) {
    const std::uint64_t bytes = Load8(from);
    // Marks what is at most ' '. A byte behind one that is marked may be marked wrongly.
    const std::uint64_t marks = (bytes - kEveryByte * (' ' + 1)) & ~bytes & kEveryByte * 0x80;
    from += FirstMarked(marks);
    if (marks == 0) continue;
    if (IsSpace(*from)) return from;
    ++from;  // some other control byte, which a field may have
  }
  while (from != end && !IsSpace(*from)) ++from;
  return from;
}

// Where the white space ends that begins at `from`.
inline const char* SpaceEnd(const char* from, const char* end) {
  while (from != end && IsSpace(*from)) ++from;
  return from;
}

// As ReadIso6709, ReadPosixTime and ParseSkew. Return where the field ends; null where these return
// nothing.
const char* ReadLocationField(const char* from, const char* end, CompactLocation& location);
const char* ReadTimeField(const char* from, const char* end, CompactTime& time);
const char* ReadSkewField(const char* from, const char* end, Skew& skew);

}  // namespace herd::wire
