#pragma once

#include <string>

#include "server/status.h"

namespace herd::server {

// A server's status as a JSON object and a line end: what /v1/status answers. docs/operations.md
// tells its members; times are in seconds but for round_trip_ms, digests in 16 hexadecimal digits.
std::string StatusJson(const Status& status);

}  // namespace herd::server
