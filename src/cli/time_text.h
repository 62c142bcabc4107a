#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace herd::cli {

// Why a text is no time.
enum class TimeFault {
  kUnreadable,
  kAmbiguous,   // 03/04/2021: the day's or the month's place cannot be told
  kOutOfRange,  // not within nanoseconds of a signed 64-bit count: before 1677 or after 2262
};

// How a file writes its times. Reading is exact, in integers, and knows no locale.
class TimeFormat {
 public:
  // `format` is "" (POSIX seconds or ISO 8601, whichever a text is), "posix", "posix-ms", "iso", or
  // a pattern of the conversions that `herd replay --help` lists, as strptime(3) has them. Times
  // that name no zone are `zone` ahead of UTC. The error says what is wrong with `format`.
  static std::expected<TimeFormat, std::string> Make(std::string_view format,
                                                     std::chrono::seconds zone = {});

  // The time as IAMAT takes it: seconds since 1970, with the decimals that the text has (nine at
  // most).
  std::expected<std::string, TimeFault> Read(std::string_view text) const;

 private:
  TimeFormat(std::string format, std::chrono::seconds zone)
      : format_(std::move(format)), zone_(zone) {}

  std::string format_;
  std::chrono::seconds zone_;
};

// Reads "Z", "UTC", "+02", "+0200" or "+02:00", from the front of `text`, which then starts behind
// it. The error is for other texts and for more than 18 hours.
std::expected<std::chrono::seconds, TimeFault> TakeZone(std::string_view& text);

}  // namespace herd::cli
