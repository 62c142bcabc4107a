#pragma once

#include <cstdlib>
#include <filesystem>

namespace herd::cli {

// The folder of real data for tests, which may be missing.
inline std::filesystem::path SharedData() {
  const char* given = std::getenv("HERD_SHARED_DATA");
  return given != nullptr ? given : HERD_SHARED_DATA_DEFAULT;
}

}  // namespace herd::cli
