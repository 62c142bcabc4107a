#pragma once

#include <spdlog/logger.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace herd::server {

// Every line in and out, to a file per server, when asked for. One entry per line:
//
//   2026-11-22T00:00:00.000000Z client 127.0.0.1:54321 > IAMAT kiwi ...
//
// with "client" or "peer", the other side's address or name, '>' for what came in and '<' for what
// went out. Bytes that are not printable ASCII stand as \xNN, and the MAC of a PROOF is left out:
// with it a weak secret could be guessed. Any thread.
class TrafficLog {
 public:
  // Appends to DIR/NAME.traffic.log.
  static std::expected<std::unique_ptr<TrafficLog>, std::string> Open(
      const std::filesystem::path& dir, const std::string& server);

  ~TrafficLog();

  // One line without its end.
  void In(std::string_view kind, std::string_view who, std::string_view line);
  // Any number of lines, each with its end.
  void Out(std::string_view kind, std::string_view who, std::string_view lines);

 private:
  explicit TrafficLog(std::shared_ptr<spdlog::logger> log) : log_(std::move(log)) {}

  std::shared_ptr<spdlog::logger> log_;

  void Write(std::string_view kind, std::string_view who, char direction, std::string_view line);
};

}  // namespace herd::server
