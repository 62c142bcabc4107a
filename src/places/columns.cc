#include "places/columns.h"

#include <algorithm>
#include <string>
#include <utility>

#include "places/text.h"

namespace herd::places {

Meaning MeaningOf(std::string_view column) {
  using enum Meaning;
  static constexpr std::pair<std::string_view, Meaning> kMeanings[] = {
      {"name", kName},
      {"title", kName},
      {"label", kName},
      {"place_name", kName},
      {"lat", kLatitude},
      {"latitude", kLatitude},
      {"y", kLatitude},
      {"lon", kLongitude},
      {"lng", kLongitude},
      {"long", kLongitude},
      {"longitude", kLongitude},
      {"x", kLongitude},
      {"id", kId},
      {"place_id", kId},
      {"osm_id", kId},
      {"geonameid", kId},
      {"type", kType},
      {"types", kType},
      {"category", kType},
      {"kind", kType},
      {"amenity", kType},
      {"vicinity", kVicinity},
      {"address", kVicinity},
      {"full_address", kVicinity},
      {"addr", kVicinity},
  };
  std::string lower(Trimmed(column));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' || c == '-') c = '_';
  }
  const auto* const found = std::ranges::find(kMeanings, std::string_view(lower),
                                              &std::pair<std::string_view, Meaning>::first);
  return found == std::end(kMeanings) ? kOther : found->second;
}

}  // namespace herd::places
