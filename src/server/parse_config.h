#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "server/config.h"

namespace herd::server {

// LoadConfig on text that is read already. `file` is what errors call it; relative paths in it
// start from its directory. The error has one line for each fault found.
std::expected<Config, std::string> ParseConfig(std::string_view text,
                                               const std::filesystem::path& file);

}  // namespace herd::server
