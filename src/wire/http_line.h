#pragma once

#include <string_view>

namespace herd::wire {

// Whether a line, without its line end, is the first of an HTTP request: METHOD TARGET HTTP/x.y
// (RFC 9112, 3; "PRI * HTTP/2.0" opens HTTP/2). A web page can have a browser send one to any port,
// with commands in the body.
bool IsHttpRequestLine(std::string_view line);

}  // namespace herd::wire
