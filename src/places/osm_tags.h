#pragma once

#include <osmium/tags/taglist.hpp>
#include <string>
#include <string_view>

namespace herd::places {

// True for what has one of the tags that make a place: amenity, shop, tourism, leisure, office,
// railway=station or halt, public_transport=station, aeroway or place, with another value than
// "no".
bool IsOsmPlace(const osmium::TagList& tags);

// The types of a place as the index keeps them: the values of those tags, then Google's words where
// they are plain ("lodging", "store", "locality"), then "point_of_interest" for all but
// settlements.
std::string OsmTypes(const osmium::TagList& tags);

// "Carrer Major 5, Andorra la Vella" from the addr:* tags; empty without them.
std::string OsmVicinity(const osmium::TagList& tags);

// The name, or an empty text.
std::string_view OsmName(const osmium::TagList& tags);

}  // namespace herd::places
