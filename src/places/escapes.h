#pragma once

#include <string>
#include <string_view>

namespace herd::places {

// `text` with the escapes of ASCII characters resolved, whatever wrote them and however often it
// was done: those of URLs (%41), of JSON (\u0041) and of HTML (&#65; and &#x41;). Only for finding
// in it what must not be there: what comes out is neither JSON nor a URL. In one pass: an escape
// that stands in another's result is resolved too (%2541 is %41 is A), in time linear in the text.
std::string ResolveEscapes(std::string_view text);

}  // namespace herd::places
