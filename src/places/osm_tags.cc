#include "places/osm_tags.h"

#include <algorithm>
#include <array>
#include <osmium/osm/tag.hpp>

#include "places/types.h"

namespace herd::places {
namespace {

constexpr std::array<std::string_view, 9> kPlaceKeys{"amenity",          "shop",    "tourism",
                                                     "leisure",          "office",  "railway",
                                                     "public_transport", "aeroway", "place"};

std::string_view Value(const osmium::TagList& tags, std::string_view key) {
  for (const osmium::Tag& tag : tags) {
    if (key == tag.key()) return tag.value();
  }
  return {};
}

// The value of a tag that makes its object a place, or an empty text.
std::string_view PlaceValue(const osmium::TagList& tags, std::string_view key) {
  const std::string_view value = Value(tags, key);
  if (value == "no" || (key == "shop" && value == "vacant")) return {};
  if (key == "railway" && value != "station" && value != "halt") return {};
  if (key == "public_transport" && value != "station") return {};
  return value;
}

// What Google calls places of this tag, when it has a plain word for them.
std::string_view GoogleWord(std::string_view key, std::string_view value) {
  struct Word {
    std::string_view key;
    std::string_view value;  // empty: any
    std::string_view word;
  };
  static constexpr Word kWords[] = {
      {"railway", "", "train_station"},
      {"public_transport", "", "transit_station"},
      {"aeroway", "aerodrome", "airport"},
      {"tourism", "hotel", "lodging"},
      {"tourism", "motel", "lodging"},
      {"tourism", "hostel", "lodging"},
      {"tourism", "guest_house", "lodging"},
      {"tourism", "camp_site", "campground"},
      {"tourism", "attraction", "tourist_attraction"},
      {"amenity", "fuel", "gas_station"},
      {"amenity", "place_of_worship", "place_of_worship"},
      {"shop", "", "store"},
      {"place", "city", "locality"},
      {"place", "town", "locality"},
      {"place", "village", "locality"},
      {"place", "hamlet", "locality"},
      {"place", "isolated_dwelling", "locality"},
      {"place", "suburb", "neighborhood"},
      {"place", "quarter", "neighborhood"},
      {"place", "neighbourhood", "neighborhood"},
  };
  const auto* const found = std::ranges::find_if(kWords, [&](const Word& word) {
    return word.key == key && (word.value.empty() || word.value == value);
  });
  return found == std::end(kWords) ? std::string_view() : found->word;
}

}  // namespace

bool IsOsmPlace(const osmium::TagList& tags) {
  return std::ranges::any_of(kPlaceKeys,
                             [&](std::string_view key) { return !PlaceValue(tags, key).empty(); });
}

std::string OsmTypes(const osmium::TagList& tags) {
  TypeList types;
  bool only_settlement = true;
  for (const std::string_view key : kPlaceKeys) {
    const std::string_view value = PlaceValue(tags, key);
    if (value.empty()) continue;
    // shop=yes says no more than its key.
    types.Add(value == "yes" ? key : value);
    if (key != "place" || GoogleWord(key, value).empty()) only_settlement = false;
  }
  for (const std::string_view key : kPlaceKeys) {
    const std::string_view value = PlaceValue(tags, key);
    if (!value.empty()) types.Add(GoogleWord(key, value));
  }
  types.Add(only_settlement ? "political" : "point_of_interest");
  return types.text();
}

std::string OsmVicinity(const osmium::TagList& tags) {
  if (const std::string_view full = Value(tags, "addr:full"); !full.empty())
    return std::string(full);
  const auto first_of = [&](std::initializer_list<std::string_view> keys) -> std::string_view {
    for (const std::string_view key : keys) {
      if (const std::string_view value = Value(tags, key); !value.empty()) return value;
    }
    return {};
  };
  std::string vicinity(first_of({"addr:street", "addr:place"}));
  if (const std::string_view number = Value(tags, "addr:housenumber");
      !number.empty() && !vicinity.empty()) {
    vicinity.append(" ").append(number);
  }
  if (const std::string_view town =
          first_of({"addr:city", "addr:town", "addr:village", "addr:hamlet", "addr:suburb"});
      !town.empty()) {
    if (!vicinity.empty()) vicinity += ", ";
    vicinity += town;
  }
  return vicinity;
}

std::string_view OsmName(const osmium::TagList& tags) {
  return Value(tags, "name");
}

}  // namespace herd::places
