#pragma once

#include <functional>
#include <map>
#include <string>

namespace herd::sim {

// AT lines by client.
using Rows = std::map<std::string, std::string, std::less<>>;

}  // namespace herd::sim
