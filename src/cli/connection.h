#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "server/config.h"

namespace herd::cli {

// A TCP connection to a server, for one thread. Reading and writing do not wait; Connect does.
class Connection {
 public:
  // Resolves the name and tries its addresses in turn until one answers, for `timeout` in all
  // (looking the name up not counted). The error says what each address answered last.
  static std::expected<Connection, std::string> Connect(const server::Endpoint& endpoint,
                                                        std::chrono::milliseconds timeout);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // For poll(2).
  int fd() const { return fd_; }

  // Sends what the socket takes and cuts it off the front of `out`. False: the connection is lost.
  bool Write(std::string& out);

  // Appends what has arrived to `in`. False: the server has closed, or the connection is lost.
  bool Read(std::string& in);

 private:
  explicit Connection(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace herd::cli
