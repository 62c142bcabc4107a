#include "journal/files_watch.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace herd::journal {

FilesWatch::FilesWatch(std::filesystem::path directory)
    : directory_(std::move(directory)), directory_file_(Look(directory_)) {}

std::string FilesWatch::Check(const std::string& log) {
  const auto directory = Look(directory_);
  const bool same_directory =
      directory && directory_file_ && directory->identity == directory_file_->identity;
  if (!same_directory) {
    return fmt::format("its directory {} has {} while it was in use", directory_.string(),
                       directory ? "been replaced" : "gone");
  }
  const auto wrong = [&](const std::string& name, std::string_view what) {
    return fmt::format("its file {} has {} while it was in use", (directory_ / name).string(),
                       what);
  };
  logs_.try_emplace(log);
  for (auto entry = logs_.begin(); entry != logs_.end();) {
    auto& [name, seen] = *entry;
    const auto now = Look(directory_ / name);
    if (!now && name == log) return wrong(name, "gone");
    if (!now) {
      // An earlier one, whose rows have gone to a table.
      entry = logs_.erase(entry);
      continue;
    }
    if (seen && now->identity != seen->identity) return wrong(name, "been replaced");
    if (seen && now->size < seen->size) return wrong(name, "been cut short");
    seen = now;
    ++entry;
  }
  return {};
}

std::optional<FilesWatch::File> FilesWatch::Look(const std::filesystem::path& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return File{.identity = {.device = found.st_dev, .number = found.st_ino}, .size = found.st_size};
}

}  // namespace herd::journal
