#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

namespace herd::journal {

// Tells whether the files of an open database are still those that its path leads to: a process
// goes on writing to a file that somebody has deleted, and no error tells it. One thread.
class FilesWatch {
 public:
  // The directory is right now.
  explicit FilesWatch(std::filesystem::path directory);

  // What is wrong with the directory and the log that is written to; empty when nothing is. `log`
  // is the name of the log's file; the first time that it is seen it counts as right.
  std::string Check(const std::string& log);

 private:
  struct Identity {
    dev_t device;
    ino_t number;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  const std::filesystem::path directory_;
  const std::optional<Identity> directory_identity_;
  std::string log_;
  std::optional<Identity> log_identity_;

  static std::optional<Identity> IdentityOf(const std::filesystem::path& path);
};

}  // namespace herd::journal
