#include "journal/files_watch.h"

#include <fmt/format.h>

#include <utility>

namespace herd::journal {

FilesWatch::FilesWatch(std::filesystem::path directory)
    : directory_(std::move(directory)), directory_identity_(IdentityOf(directory_)) {}

std::string FilesWatch::Check(const std::string& log) {
  const auto what_happened = [](bool is_there) { return is_there ? "been replaced" : "gone"; };
  const auto directory = IdentityOf(directory_);
  if (!directory || directory != directory_identity_) {
    return fmt::format("its directory {} has {} while it was in use", directory_.string(),
                       what_happened(directory.has_value()));
  }
  const auto identity = IdentityOf(directory_ / log);
  if (!identity || (log == log_ && identity != log_identity_)) {
    return fmt::format("its file {} has {} while it was in use", (directory_ / log).string(),
                       what_happened(identity.has_value()));
  }
  log_ = log;
  log_identity_ = identity;
  return {};
}

std::optional<FilesWatch::Identity> FilesWatch::IdentityOf(const std::filesystem::path& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return Identity{.device = found.st_dev, .number = found.st_ino};
}

}  // namespace herd::journal
