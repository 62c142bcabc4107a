#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "wire/time.h"

namespace herd::journal {

// What a directory is to somebody who wants to open a journal in it, told by the names of its
// files.
enum class DirectoryKind {
  kNew,      // nothing of value: a journal may be started
  kJournal,  // has one
  kDamaged,  // has parts of one
  kForeign,  // has something else
};

// Makes the directory, and those above it, when it is not there. The error is a text for people.
std::expected<DirectoryKind, std::string> LookAt(const std::filesystem::path& directory);

// Renames the directory to "DIRECTORY.damaged-<UTC time>", with a number behind it when that is
// taken. When it cannot be renamed, being a mount point or in a directory that is not ours, its
// files go to a directory "damaged-<UTC time>" in it. There is a mark in it then that nobody has
// read what can be read there (UnreadOf). Returns the new name, or why it could not.
std::expected<std::filesystem::path, std::string> SetAside(const std::filesystem::path& directory,
                                                           wire::UnixNanos now);

// The directories to which this journal was set aside and that bear the mark still.
std::vector<std::filesystem::path> UnreadOf(const std::filesystem::path& directory);

// Takes the mark away: what can be read in `aside` is in the journal, and synced.
void MarkRead(const std::filesystem::path& aside);

}  // namespace herd::journal
