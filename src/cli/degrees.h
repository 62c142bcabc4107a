#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace herd::cli {

// Why a pair of numbers is no location.
enum class DegreesFault { kLatitude, kLongitude };

// The ISO 6709 text of a point given in decimal degrees, from the very digits of `latitude` and
// `longitude`: "31.4386" and "-0.5" become "+31.4386-0.5". What ISO 6709 does not have is put right
// without a change of value: a missing sign, a missing digit before the point (".5"), a point with
// none behind it ("5."), more leading zeros than there is room for, white space around. Fails for
// anything else, such as exponents, and outside 90 and 180 degrees.
std::expected<std::string, DegreesFault> LocationText(std::string_view latitude,
                                                      std::string_view longitude);

}  // namespace herd::cli
