#include "cli/time_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "cli/civil_time.h"
#include "wire/ascii.h"
#include "wire/time.h"

namespace herd::cli {
namespace {

constexpr std::string_view kPatternConversions = "YymdejHIMSfpbBzZTRFDn%";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && wire::IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && wire::IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool IsPosix(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (wire::TakeDigits(text).empty()) return false;
  if (text.empty()) return true;
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return !wire::TakeDigits(text).empty() && text.empty();
}

std::expected<std::string, TimeFault> ReadPosix(std::string_view text) {
  if (!IsPosix(text)) return std::unexpected(TimeFault::kUnreadable);
  if (!wire::ParsePosixTime(text)) return std::unexpected(TimeFault::kOutOfRange);
  return std::string(text);
}

std::expected<std::string, TimeFault> ReadPosixMilliseconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view digits = wire::TakeDigits(text);
  std::string_view decimals;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = wire::TakeDigits(text);
    if (decimals.empty()) return std::unexpected(TimeFault::kUnreadable);
  }
  if (digits.empty() || !text.empty()) return std::unexpected(TimeFault::kUnreadable);
  std::string padded(digits.size() < 4 ? 4 - digits.size() : 0, '0');
  padded += digits;
  const std::size_t point = padded.size() - 3;
  return ReadPosix((negative ? "-" : "") + padded.substr(0, point) + "." + padded.substr(point) +
                   std::string(decimals));
}

// 03/04/2021, 3.4.21, 03-04-2021: a date whose order only a person can tell.
bool IsAmbiguousDate(std::string_view text) {
  // Four digits are a year, and what follows them is told by ISO 8601.
  const std::size_t digits = wire::TakeDigits(text).size();
  if (digits < 1 || digits > 2) return false;
  if (text.empty() || std::string_view("/.-").find(text.front()) == std::string_view::npos) {
    return false;
  }
  const char separator = text.front();
  text.remove_prefix(1);
  if (wire::TakeDigits(text).empty() || !text.starts_with(separator)) return false;
  text.remove_prefix(1);
  return !wire::TakeDigits(text).empty();
}

}  // namespace

std::expected<TimeFormat, std::string> TimeFormat::Make(std::string_view format,
                                                        std::chrono::seconds zone) {
  constexpr std::array<std::string_view, 4> kWords = {"", "posix", "posix-ms", "iso"};
  TimeFormat made(std::string(format), zone);
  if (std::ranges::find(kWords, format) != kWords.end()) return made;
  if (format.find('%') == std::string_view::npos) {
    return std::unexpected("\"" + std::string(format) +
                           "\" is no time format; allowed: posix, posix-ms, iso, or a pattern such "
                           "as \"%d/%m/%Y %H:%M\"");
  }
  for (std::size_t i = format.find('%'); i != std::string_view::npos; i = format.find('%', i + 2)) {
    if (i + 1 < format.size() && kPatternConversions.contains(format[i + 1])) continue;
    return std::unexpected("\"" + std::string(format.substr(i, 2)) +
                           "\" is no conversion of a time format; allowed: % and one of " +
                           std::string(kPatternConversions));
  }
  return made;
}

std::expected<std::string, TimeFault> TimeFormat::Read(std::string_view text) const {
  text = Trimmed(text);
  if (format_ == "posix") return ReadPosix(text);
  if (format_ == "posix-ms") return ReadPosixMilliseconds(text);
  if (format_.empty() && IsPosix(text)) return ReadPosix(text);
  const bool iso = format_.empty() || format_ == "iso";
  const std::optional<CivilTime> civil = iso ? ReadIso8601(text) : ReadPattern(text, format_);
  if (!civil) {
    return std::unexpected(format_.empty() && IsAmbiguousDate(text) ? TimeFault::kAmbiguous
                                                                    : TimeFault::kUnreadable);
  }
  const auto posix = PosixText(*civil, zone_);
  if (!posix) return std::unexpected(TimeFault::kOutOfRange);
  return *posix;
}

std::expected<std::chrono::seconds, TimeFault> TakeZone(std::string_view& text) {
  const auto zone = TakeZoneOffset(text);
  if (!zone) return std::unexpected(TimeFault::kUnreadable);
  return *zone;
}

}  // namespace herd::cli
