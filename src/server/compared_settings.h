#pragma once

#include <vector>

#include "flood/message.h"
#include "flood/secret.h"
#include "server/config.h"

namespace herd::server {

// What must be the same at all servers of a herd, since it decides which rows a server holds: told
// to each neighbour when the link opens. The secret makes lists of names short.
std::vector<flood::Setting> ComparedSettings(const Config& config, const flood::Secret& secret);

}  // namespace herd::server
