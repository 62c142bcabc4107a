#pragma once

#include <functional>
#include <string>

namespace herd::journal {

enum class Gravity { kInfo, kWarning, kError };

// Takes what is worth a line in the server's log. From any thread.
using Say = std::function<void(Gravity, const std::string&)>;

}  // namespace herd::journal
