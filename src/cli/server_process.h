#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace herd::cli {

// One `herd serve` as a child process, ended by the system when this process ends.
class ServerProcess {
 public:
  // Starts this same program with `arguments`; what the child says of itself comes by ready_fd().
  static std::expected<ServerProcess, std::string> Start(std::string name,
                                                         std::vector<std::string> arguments);

  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess();

  const std::string& name() const { return name_; }

  // Readable when the child has said something or has ended.
  int ready_fd() const { return ready_fd_; }

  // "ready clients=A,B peers=C admin=D" once it listens, then "linked" once all its links are up;
  // nothing when the child ended first. Blocks until either.
  std::optional<std::string> ReadLine();

  // Sends a signal, if the child has not been seen to end.
  void Kill(int signal) const;

  // Takes note of the end of the child, if it has ended: how, in words. Does not block.
  std::optional<std::string> Ended();

  bool running() const { return pid_ > 0; }
  // After Ended: whether it ended by itself with exit code 0.
  bool ended_well() const { return ended_well_; }

 private:
  ServerProcess(std::string name, pid_t pid, int ready_fd)
      : name_(std::move(name)), pid_(pid), ready_fd_(ready_fd) {}

  std::string name_;
  pid_t pid_;
  int ready_fd_;
  bool ended_well_ = false;
};

}  // namespace herd::cli
