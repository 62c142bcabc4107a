#pragma once

#include <string>
#include <string_view>

namespace herd::places {

// Appends `text` as a JSON string with its quotes (RFC 8259). Control characters are escaped; bytes
// that are not UTF-8 become U+FFFD, so that what comes out is always valid JSON.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace herd::places
