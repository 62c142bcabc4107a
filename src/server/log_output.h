#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace herd::server {

// Where a log goes: a descriptor that a writer should never wait in, wherever that is possible.
// Closes it at the end.
class LogOutput {
 public:
  // One of this process's standard descriptors. A pipe, FIFO or terminal is opened anew, so that
  // not waiting for it is a matter of this process alone and not of all that share it. When it is
  // closed, what is written goes nowhere.
  static LogOutput Standard(int descriptor);

  // Appends to a regular file, which is made for its owner alone (0600, less what the umask takes
  // away) with its directories (0700) when it is not there. The last part of the path may be no
  // symbolic link, and a file that is there must be this user's or root's and have no other name. A
  // FIFO of theirs (with or without a reader), a device or /dev/stderr and /dev/stdout may be named
  // as well. The error names the file and says what to do.
  static std::expected<LogOutput, std::string> Append(const std::filesystem::path& file);

  LogOutput(LogOutput&& other) noexcept;
  LogOutput& operator=(LogOutput&& other) noexcept;
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;
  ~LogOutput();

  int descriptor() const { return descriptor_; }

 private:
  explicit LogOutput(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace herd::server
