#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace herd::base {

// Makes a directory and those above it that are missing, for their owner alone (0700, less what the
// umask takes away). Those that are there stay as they are. The error names the directory.
std::expected<void, std::string> MakeDirectories(const std::filesystem::path& directory);

// Whether a directory, or a symbolic link in its place, can be trusted with files of ours: it
// belongs to this process's user or to root, and not everybody can write to it. The error names it
// and says what to do. One that is not there passes.
std::expected<void, std::string> CheckOwnDirectory(const std::filesystem::path& directory);

}  // namespace herd::base
