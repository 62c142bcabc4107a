#pragma once

#include <string>
#include <string_view>

namespace herd::server {

// Appends the reply to a WHATSAT (protocol.md): the AT line, LF, the JSON with every run of
// line ends in it (LF, CR LF, CR) made one LF and none at its end, two LF.
void AppendWhatsatReply(std::string& out, std::string_view at_line, std::string_view json);

}  // namespace herd::server
