#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herd::cli {

// A time as people write it. Every part is within its calendar's range when a reader below returns
// it; a second of 60 is a leap second, which POSIX time counts as the next second.
struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanos = 0;
  int decimals = 0;                          // digits behind the second that were written, 0 to 9
  std::optional<std::chrono::seconds> zone;  // ahead of UTC; nothing: not written
};

// ISO 8601 and RFC 3339 as they are met: 2008-12-11T04:42:14.25Z, 2008-12-11 04:42:14+00,
// 20081211T044214Z, 2008/12/11 04:42, 2008-12-11 (its midnight).
std::optional<CivilTime> ReadIso8601(std::string_view text);

// By a pattern of strptime(3); TimeFormat::Make has checked its conversions. %S also takes
// decimals, %f takes decimals alone; month names are English.
std::optional<CivilTime> ReadPattern(std::string_view text, std::string_view pattern);

// "Z", "UTC", "GMT", "+02", "+0200" or "+02:00", taken from the front of `text`; up to 18 hours.
std::optional<std::chrono::seconds> TakeZoneOffset(std::string_view& text);

// Seconds since 1970 with as many decimals as were written; `zone` counts when the time has none of
// its own. Nothing when a signed 64-bit count of nanoseconds cannot hold it.
std::optional<std::string> PosixText(const CivilTime& time, std::chrono::seconds zone);

}  // namespace herd::cli
