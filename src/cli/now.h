#pragma once

#include <string>

namespace herd::cli {

// The time by this machine's clock as IAMAT takes it: seconds since 1970, with nine decimals.
std::string NowText();

}  // namespace herd::cli
