#include "journal/directory.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string_view>
#include <system_error>

#include "base/directories.h"

namespace herd::journal {
namespace {

namespace fs = std::filesystem;

// Written last when RocksDB makes a database; without it nothing can be read.
constexpr std::string_view kCurrent = "CURRENT";

// The mark of SetAside, a file.
constexpr std::string_view kUnread = "NOT-READ-YET";

// How the name goes on of a directory that was set aside, and begins of one inside the journal's.
constexpr std::string_view kAside = "damaged-";

// Whether RocksDB makes files of that name.
bool IsDatabaseFile(std::string_view name) {
  return name == kCurrent || name == "LOG" || name.starts_with("LOG.old.") || name == "LOCK" ||
         name == "IDENTITY" || name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") ||
         name.ends_with(".sst") || name.ends_with(".log") || name.ends_with(".dbtmp");
}

// What may be beside a journal: what was set aside, and what a file system of its own has.
bool IsBeside(std::string_view name) {
  return name.starts_with(kAside) || name == kUnread || name == "lost+found";
}

// Whether a file of that name holds rows.
bool HoldsRows(std::string_view name) {
  return name.ends_with(".sst") || name.ends_with(".log");
}

std::unexpected<std::string> Cannot(const fs::path& directory, const std::error_code& error) {
  return std::unexpected(
      fmt::format("the journal {} cannot be used: {}", directory.string(), error.message()));
}

// "damaged-20261122T040829Z"
std::string AsideName(wire::UnixNanos now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(now.value)));
  return fmt::format("{}{:%Y%m%dT%H%M%S}Z", kAside, seconds);
}

// `path`, or what it is with a number behind it when there is one of that name.
fs::path Untaken(const fs::path& path) {
  fs::path untaken = path;
  std::error_code ignored;
  for (int i = 2; fs::exists(untaken, ignored); ++i)
    untaken = fmt::format("{}-{}", path.string(), i);
  return untaken;
}

// A slash at the end would make a new name one inside the directory.
fs::path Plain(const fs::path& directory) {
  return directory.has_filename() ? directory : directory.parent_path();
}

// What was made and renamed in the directory outlives a loss of power.
void SyncDirectory(const fs::path& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

// Before anything is moved, so that a crash in between loses nothing.
bool MarkUnread(const fs::path& directory) {
  if (!std::ofstream(directory / kUnread).flush()) return false;
  SyncDirectory(directory);
  return true;
}

std::expected<fs::path, std::string> SetFilesAside(const fs::path& directory, wire::UnixNanos now) {
  fs::path aside = Untaken(directory / AsideName(now));
  std::error_code error;
  fs::create_directory(aside, error);
  if (!error && !MarkUnread(aside)) error = std::make_error_code(std::errc::io_error);
  std::vector<fs::path> files;
  fs::directory_iterator entries;
  if (!error) entries = fs::directory_iterator(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (!IsBeside(entries->path().filename().string())) files.push_back(entries->path());
  }
  for (const fs::path& file : files) {
    if (!error) fs::rename(file, aside / file.filename(), error);
  }
  if (error) {
    return std::unexpected(fmt::format("{} is damaged and its files cannot be set aside to {}: {}",
                                       directory.string(), aside.string(), error.message()));
  }
  fs::remove(directory / kUnread, error);
  SyncDirectory(aside);
  SyncDirectory(directory);
  return aside;
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
    has_others |= !IsDatabaseFile(name) && !IsBeside(name);
  }
  if (error) return Cannot(directory, error);
  if (has_current) return DirectoryKind::kJournal;
  if (has_rows) return DirectoryKind::kDamaged;
  return has_others ? DirectoryKind::kForeign : DirectoryKind::kNew;
}

std::expected<fs::path, std::string> SetAside(const fs::path& directory, wire::UnixNanos now) {
  const fs::path plain = Plain(directory);
  if (!MarkUnread(plain)) {
    return std::unexpected(
        fmt::format("{} is damaged and nothing can be written there", plain.string()));
  }
  fs::path aside = Untaken(fmt::format("{}.{}", plain.string(), AsideName(now)));
  std::error_code error;
  fs::rename(plain, aside, error);
  if (!error) return aside;
  return SetFilesAside(plain, now);
}

std::vector<fs::path> UnreadOf(const fs::path& directory) {
  const fs::path plain = Plain(directory);
  std::vector<fs::path> unread;
  const auto look = [&](const fs::path& where, const std::string& start) {
    std::error_code error;
    fs::directory_iterator entries(where, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      std::error_code ignored;
      if (entries->path().filename().string().starts_with(start) &&
          fs::exists(entries->path() / kUnread, ignored))
        unread.push_back(entries->path());
    }
  };
  const fs::path parent = plain.has_parent_path() ? plain.parent_path() : fs::path(".");
  look(parent, fmt::format("{}.{}", plain.filename().string(), kAside));
  look(plain, std::string(kAside));
  std::ranges::sort(unread);
  return unread;
}

void MarkRead(const fs::path& aside) {
  std::error_code ignored;  // it is read once more at the next start
  fs::remove(aside / kUnread, ignored);
}

}  // namespace herd::journal
