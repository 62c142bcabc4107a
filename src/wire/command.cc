#include "wire/command.h"

#include <algorithm>
#include <array>
#include <optional>

#include "wire/ascii.h"

namespace herd::wire {
namespace {

// Every command has four fields; a fifth place shows that there are too many.
constexpr std::size_t kFields = 4;

struct Fields {
  std::array<std::string_view, kFields + 1> at;
  std::size_t count = 0;
};

Fields Split(std::string_view line) {
  Fields fields;
  const char* position = line.data();
  const char* const end = line.data() + line.size();
  while (fields.count < fields.at.size()) {
    position = std::find_if_not(position, end, IsSpace);
    if (position == end) break;
    const char* const field_end = std::find_if(position, end, IsSpace);
    fields.at[fields.count++] = {position, field_end};
    position = field_end;
  }
  return fields;
}

// A whole number in digits only, at most `max`.
std::optional<int> ParseWhole(std::string_view text, int max) {
  if (text.empty()) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
    if (value > max) return std::nullopt;
  }
  return value;
}

Command ParseIamat(const Fields& fields) {
  const std::optional<CompactLocation> location = ReadIso6709(fields.at[2]);
  const std::optional<CompactTime> time = ReadPosixTime(fields.at[3]);
  if (!IsClientId(fields.at[1]) || !location || !time) return Invalid{};
  return Iamat{.client = fields.at[1],
               .location_text = fields.at[2],
               .time_text = fields.at[3],
               .time = time->time,
               .location = *location,
               .time_layout = time->layout};
}

Command ParseWhatsat(const Fields& fields) {
  const std::optional<int> radius_km = ParseWhole(fields.at[2], kRadiusKmMax);
  const std::optional<int> results_max = ParseWhole(fields.at[3], kResultsMax);
  if (!IsClientId(fields.at[1]) || !radius_km || !results_max) return Invalid{};
  return Whatsat{.client = fields.at[1], .radius_km = *radius_km, .results_max = *results_max};
}

}  // namespace

Command ParseCommand(std::string_view line) {
  const Fields fields = Split(line);
  if (fields.count == 0) return Blank{};
  if (fields.count != kFields) return Invalid{};
  if (fields.at[0] == "IAMAT") return ParseIamat(fields);
  if (fields.at[0] == "WHATSAT") return ParseWhatsat(fields);
  return Invalid{};
}

bool IsClientId(std::string_view text) {
  return !text.empty() && text.size() <= kClientIdBytesMax && std::ranges::none_of(text, IsSpace);
}

}  // namespace herd::wire
