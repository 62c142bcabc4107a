#include "cli/civil_time.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "wire/ascii.h"
#include "wire/time.h"

namespace herd::cli {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

void SkipSpaces(std::string_view& text) {
  while (!text.empty() && wire::IsSpace(text.front())) text.remove_prefix(1);
}

// A number of `digits_min` to `digits_max` digits.
bool TakeNumber(std::string_view& text, std::size_t digits_min, std::size_t digits_max,
                int& number) {
  std::string_view rest = text.substr(0, digits_max);
  const std::string_view digits = wire::TakeDigits(rest);
  if (digits.size() < digits_min) return false;
  number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  text.remove_prefix(digits.size());
  return true;
}

// Digits behind a decimal point; those past nanoseconds are ignored, as protocol.md does.
bool TakeDecimals(std::string_view& text, CivilTime& time) {
  const std::string_view digits = wire::TakeDigits(text);
  if (digits.empty()) return false;
  time.nanos = 0;
  time.decimals = static_cast<int>(std::min<std::size_t>(digits.size(), 9));
  for (std::size_t i = 0; i < 9; ++i) {
    time.nanos = time.nanos * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return true;
}

bool TakeSecond(std::string_view& text, CivilTime& time) {
  if (!TakeNumber(text, 2, 2, time.second)) return false;
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !wire::IsDigit(text[1])) return true;
  text.remove_prefix(1);
  return TakeDecimals(text, time);
}

bool IsOnTheCalendar(const CivilTime& time) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const std::chrono::year_month_day date{year(time.year), month(static_cast<unsigned>(time.month)),
                                         day(static_cast<unsigned>(time.day))};
  return date.ok() && time.hour <= 23 && time.minute <= 59 && time.second <= 60;
}

bool TakeIsoDate(std::string_view& text, CivilTime& time) {
  if (!TakeNumber(text, 4, 4, time.year) || text.empty()) return false;
  const char separator = text.front();
  if (separator != '-' && separator != '/') {
    return TakeNumber(text, 2, 2, time.month) && TakeNumber(text, 2, 2, time.day);
  }
  return Take(text, separator) && TakeNumber(text, 2, 2, time.month) && Take(text, separator) &&
         TakeNumber(text, 2, 2, time.day);
}

bool TakeIsoTime(std::string_view& text, CivilTime& time) {
  if (!TakeNumber(text, 2, 2, time.hour)) return false;
  const bool colons = Take(text, ':');
  if (!TakeNumber(text, 2, 2, time.minute)) return false;
  const bool second_follows =
      colons ? Take(text, ':') : !text.empty() && wire::IsDigit(text.front());
  return !second_follows || TakeSecond(text, time);
}

// An English month by its first three letters or its whole name.
bool TakeMonthName(std::string_view& text, int& month) {
  constexpr std::array<std::string_view, 12> kNames = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  std::string word;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower < 'a' || lower > 'z') break;
    word += lower;
  }
  const auto found = std::ranges::find_if(kNames, [&](std::string_view name) {
    return word.size() >= 3 && (word == name || word == name.substr(0, 3));
  });
  if (found == kNames.end()) return false;
  month = static_cast<int>(found - kNames.begin()) + 1;
  text.remove_prefix(word.size());
  return true;
}

// A pattern at work: the parts that only count together with others wait here.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  std::optional<CivilTime> Read(std::string_view pattern) {
    if (!TakeAll(pattern)) return std::nullopt;
    SkipSpaces(text_);
    if (!text_.empty()) return std::nullopt;
    if (half_day_) {
      if (time_.hour < 1 || time_.hour > 12) return std::nullopt;
      time_.hour = time_.hour % 12 + (*half_day_ ? 12 : 0);
    }
    if (day_of_year_ && !SetDayOfYear()) return std::nullopt;
    if (!IsOnTheCalendar(time_)) return std::nullopt;
    return time_;
  }

 private:
  bool TakeAll(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (wire::IsSpace(pattern[i])) {
        SkipSpaces(text_);
      } else if (pattern[i] != '%') {
        if (!Take(text_, pattern[i])) return false;
      } else {
        ++i;
        if (i == pattern.size() || !TakeConversion(pattern[i])) return false;
      }
    }
    return true;
  }

  bool TakeConversion(char conversion) {
    switch (conversion) {
      case 'Y':
        return TakeNumber(text_, 4, 4, time_.year);
      case 'y':
        return TakeShortYear();
      case 'm':
        return TakeNumber(text_, 1, 2, time_.month);
      case 'b':
      case 'B':
        return TakeMonthName(text_, time_.month);
      case 'e':
        SkipSpaces(text_);
        [[fallthrough]];
      case 'd':
        return TakeNumber(text_, 1, 2, time_.day);
      case 'j':
        return TakeNumber(text_, 1, 3, day_of_year_.emplace());
      case 'H':
      case 'I':
        return TakeNumber(text_, 1, 2, time_.hour);
      case 'M':
        return TakeNumber(text_, 1, 2, time_.minute);
      case 'S':
        return TakeSecond(text_, time_);
      case 'f':
        return TakeDecimals(text_, time_);
      case 'p':
        return TakeHalfDay();
      case 'z':
      case 'Z':
        time_.zone = TakeZoneOffset(text_);
        return time_.zone.has_value();
      default:
        return TakeCombined(conversion);
    }
  }

  bool TakeCombined(char conversion) {
    switch (conversion) {
      case 'T':
        return TakeAll("%H:%M:%S");
      case 'R':
        return TakeAll("%H:%M");
      case 'F':
        return TakeAll("%Y-%m-%d");
      case 'D':
        return TakeAll("%m/%d/%y");
      case 'n':
        SkipSpaces(text_);
        return true;
      default:
        return conversion == '%' && Take(text_, '%');
    }
  }

  // POSIX: 69 to 99 are of the twentieth century.
  bool TakeShortYear() {
    if (!TakeNumber(text_, 2, 2, time_.year)) return false;
    time_.year += time_.year >= 69 ? 1900 : 2000;
    return true;
  }

  bool TakeHalfDay() {
    if (text_.size() < 2 || (text_[1] != 'M' && text_[1] != 'm')) return false;
    const bool afternoon = text_[0] == 'P' || text_[0] == 'p';
    if (!afternoon && text_[0] != 'A' && text_[0] != 'a') return false;
    half_day_ = afternoon;
    text_.remove_prefix(2);
    return true;
  }

  bool SetDayOfYear() {
    if (*day_of_year_ < 1) return false;
    const std::chrono::year year(time_.year);
    const std::chrono::sys_days first = year / 1 / 1;
    const std::chrono::year_month_day date(first + std::chrono::days(*day_of_year_ - 1));
    time_.month = static_cast<int>(static_cast<unsigned>(date.month()));
    time_.day = static_cast<int>(static_cast<unsigned>(date.day()));
    return date.year() == year;
  }

  std::string_view text_;
  CivilTime time_;
  std::optional<bool> half_day_;  // true: after noon
  std::optional<int> day_of_year_;
};

}  // namespace

std::optional<std::chrono::seconds> TakeZoneOffset(std::string_view& text) {
  for (const std::string_view name : {"Z", "z", "UTC", "GMT"}) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return std::chrono::seconds(0);
  }
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(text, 2, 2, hours)) return std::nullopt;
  const bool has_minutes = Take(text, ':') || (!text.empty() && wire::IsDigit(text.front()));
  if (has_minutes && !TakeNumber(text, 2, 2, minutes)) return std::nullopt;
  if (hours > 18 || minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

std::optional<CivilTime> ReadIso8601(std::string_view text) {
  CivilTime time;
  if (!TakeIsoDate(text, time)) return std::nullopt;
  if (!text.empty()) {
    if (!Take(text, 'T') && !Take(text, 't')) {
      if (!wire::IsSpace(text.front())) return std::nullopt;
      SkipSpaces(text);
    }
    if (!TakeIsoTime(text, time)) return std::nullopt;
    SkipSpaces(text);
    if (!text.empty()) {
      time.zone = TakeZoneOffset(text);
      if (!time.zone || !text.empty()) return std::nullopt;
    }
  }
  if (!IsOnTheCalendar(time)) return std::nullopt;
  return time;
}

std::optional<CivilTime> ReadPattern(std::string_view text, std::string_view pattern) {
  return PatternReader(text).Read(pattern);
}

std::optional<std::string> PosixText(const CivilTime& time, std::chrono::seconds zone) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const std::chrono::sys_days date =
      std::chrono::year_month_day{year(time.year), month(static_cast<unsigned>(time.month)),
                                  day(static_cast<unsigned>(time.day))};
  const std::int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(date.time_since_epoch()).count() +
      time.hour * 3600 + time.minute * 60 + time.second - time.zone.value_or(zone).count();
  const wire::Int128 nanos = wire::Int128{seconds} * kNanosPerSecond + time.nanos;
  const wire::Int128 size = nanos < 0 ? -nanos : nanos;
  std::string text = nanos < 0 ? "-" : "";
  text += std::to_string(static_cast<std::int64_t>(size / kNanosPerSecond));
  if (time.decimals > 0) {
    // The 1 in front keeps the leading zeros.
    const std::string decimals =
        std::to_string(static_cast<std::int64_t>(size % kNanosPerSecond) + kNanosPerSecond);
    (text += '.') += decimals.substr(1, static_cast<std::size_t>(time.decimals));
  }
  if (!wire::ParsePosixTime(text)) return std::nullopt;
  return text;
}

}  // namespace herd::cli
