#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace herd::journal {

// Tells whether the files of an open database are still those that its path leads to, and as long
// as they were: a process goes on writing to a file that somebody has deleted or cut short, and no
// error tells it. One thread.
class FilesWatch {
 public:
  // The directory is right now.
  explicit FilesWatch(std::filesystem::path directory);

  // What is wrong with the directory and the logs; empty when nothing is. `log` is the name of the
  // file that is written to; the first time that it is seen it counts as right. To be called after
  // each write and before the next, which goes to where the last one ended: a log that was cut
  // short in between would be of the right size again, with a hole. So it is, too, once RocksDB has
  // closed it: of earlier logs not all is noticed.
  std::string Check(const std::string& log);

 private:
  struct Identity {
    dev_t device;
    ino_t number;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct File {
    Identity identity;
    off_t size;
  };

  const std::filesystem::path directory_;
  const std::optional<File> directory_file_;
  // By name, as last seen: that which is written to, and earlier ones that are still there.
  std::map<std::string, std::optional<File>> logs_;

  static std::optional<File> Look(const std::filesystem::path& path);
};

}  // namespace herd::journal
