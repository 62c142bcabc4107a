#include "journal/directory.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <system_error>

#include "base/directories.h"

namespace herd::journal {
namespace {

namespace fs = std::filesystem;

// Written last when RocksDB makes a database; without it nothing can be read.
constexpr std::string_view kCurrent = "CURRENT";

// Whether RocksDB makes files of that name.
bool IsDatabaseFile(std::string_view name) {
  return name == kCurrent || name == "LOCK" || name == "IDENTITY" ||
         name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") || name.ends_with(".sst") ||
         name.ends_with(".log") || name.ends_with(".dbtmp");
}

// Whether a file of that name holds rows.
bool HoldsRows(std::string_view name) {
  return name.ends_with(".sst") || name.ends_with(".log");
}

std::unexpected<std::string> Cannot(const fs::path& directory, const std::error_code& error) {
  return std::unexpected(
      fmt::format("the journal {} cannot be used: {}", directory.string(), error.message()));
}

}  // namespace

std::expected<DirectoryKind, std::string> LookAt(const fs::path& directory) {
  auto usable = base::MakeDirectories(directory);
  if (usable) usable = base::CheckOwnDirectory(directory);
  if (!usable) return std::unexpected("the journal cannot be used: " + usable.error());
  std::error_code error;
  bool has_current = false;
  bool has_rows = false;
  bool has_others = false;
  fs::directory_iterator files(directory, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const std::string name = files->path().filename().string();
    std::error_code unknown;  // counts as rows
    has_current |= name == kCurrent;
    has_rows |= HoldsRows(name) && files->file_size(unknown) > 0;
    has_others |= !IsDatabaseFile(name);
  }
  if (error) return Cannot(directory, error);
  if (has_current) return DirectoryKind::kJournal;
  if (has_rows) return DirectoryKind::kDamaged;
  return has_others ? DirectoryKind::kForeign : DirectoryKind::kNew;
}

std::expected<fs::path, std::string> SetAside(const fs::path& directory, wire::UnixNanos now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(now.value)));
  // A slash at the end would make the new name one inside the directory.
  const fs::path plain = directory.has_filename() ? directory : directory.parent_path();
  const std::string name = fmt::format("{}.damaged-{:%Y%m%dT%H%M%S}Z", plain.string(), seconds);
  fs::path aside = name;
  std::error_code error;
  for (int i = 2; fs::exists(aside, error); ++i) aside = fmt::format("{}-{}", name, i);
  fs::rename(plain, aside, error);
  if (error) {
    return std::unexpected(fmt::format("{} is damaged and cannot be set aside as {}: {}",
                                       plain.string(), aside.string(), error.message()));
  }
  return aside;
}

}  // namespace herd::journal
