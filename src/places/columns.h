#pragma once

#include <string_view>

namespace herd::places {

// What a column of a table or a property of a feature tells about its place.
enum class Meaning { kName, kLatitude, kLongitude, kId, kType, kVicinity, kOther };

// By the usual names, whatever their case: "lat", "Latitude", "y", ...
Meaning MeaningOf(std::string_view column);

}  // namespace herd::places
