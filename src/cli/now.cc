#include "cli/now.h"

#include <fmt/format.h>

#include <chrono>

namespace herd::cli {

std::string NowText() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{}.{:09}", seconds.count(), std::chrono::nanoseconds(now - seconds).count());
}

}  // namespace herd::cli
