#pragma once

#include <optional>
#include <string_view>

#include "wire/iso6709.h"

namespace herd::wire {

// The point of a location of any form; nothing for any other text.
std::optional<LocationE7> ReadAnyForm(std::string_view text);

}  // namespace herd::wire
