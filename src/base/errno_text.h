#pragma once

#include <string>

namespace herd::base {

// The system's words for an errno: "No such file or directory". Any thread.
std::string ErrnoText(int error);

}  // namespace herd::base
