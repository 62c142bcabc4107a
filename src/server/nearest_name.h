#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace herd::server {

// The one of `names` that somebody who wrote `written` most likely meant: the least edits away, and
// at most a third of its letters wrong. Nothing when none is that near. Upper and lower case count
// as the same letter.
std::optional<std::string> NearestName(std::string_view written,
                                       std::span<const std::string> names);

}  // namespace herd::server
