#include "wire/command.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

#include "wire/ascii.h"
#include "wire/fields.h"

namespace herd::wire {
namespace {

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

// Both read what stands behind the command's word, all of it: false where it breaks the rules.

bool ReadIamat(const char* from, const char* end, Iamat& iamat) {
  from = SpaceEnd(from, end);
  const char* field_end = FieldEnd(from, end);
  iamat.client = {from, field_end};
  if (!IsClientIdSize(iamat.client.size())) return false;

  from = SpaceEnd(field_end, end);
  field_end = ReadLocationField(from, end, iamat.location);
  if (field_end == nullptr) return false;
  iamat.location_text = {from, field_end};

  from = SpaceEnd(field_end, end);
  CompactTime time;
  field_end = ReadTimeField(from, end, time);
  if (field_end == nullptr) return false;
  iamat.time_text = {from, field_end};
  iamat.time = time.time;
  iamat.time_layout = time.layout;
  return SpaceEnd(field_end, end) == end;
}

bool ReadWhatsat(const char* from, const char* end, Whatsat& whatsat) {
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    from = SpaceEnd(from, end);
    const char* const field_end = FieldEnd(from, end);
    field = {from, field_end};
    from = field_end;
  }
  const std::optional<int> radius_km = ParseWhole(fields[1], kRadiusKmMax);
  const std::optional<int> results_max = ParseWhole(fields[2], kResultsMax);
  if (!IsClientIdSize(fields[0].size()) || !radius_km || !results_max) return false;
  whatsat = {.client = fields[0], .radius_km = *radius_km, .results_max = *results_max};
  return SpaceEnd(from, end) == end;
}

constexpr std::string_view kIamat = "IAMAT";
constexpr std::string_view kWhatsat = "WHATSAT";

// Whether the field at `from` is `kWord` and another may follow. With the size known beforehand the
// comparison needs no call.
template <const std::string_view& kWord>
bool StartsWith(const char* from, const char* end) {
  return end - from > static_cast<std::ptrdiff_t>(kWord.size()) &&
         std::memcmp(from, kWord.data(), kWord.size()) == 0 && IsSpace(from[kWord.size()]);
}

}  // namespace

Command ParseCommand(std::string_view line) {
  const char* from = line.data();
  const char* const end = from + line.size();
  from = SpaceEnd(from, end);
  // Read into where it is returned from.
  Command command;
  if (StartsWith<kIamat>(from, end)) {
    if (!ReadIamat(from + kIamat.size(), end, command.emplace<Iamat>())) command.emplace<Invalid>();
  } else if (StartsWith<kWhatsat>(from, end)) {
    if (!ReadWhatsat(from + kWhatsat.size(), end, command.emplace<Whatsat>()))
      command.emplace<Invalid>();
  } else if (from == end) {
    command.emplace<Blank>();
  }
  return command;
}

bool IsClientId(std::string_view text) {
  return IsClientIdSize(text.size()) && std::ranges::none_of(text, IsSpace);
}

}  // namespace herd::wire
