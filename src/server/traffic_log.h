#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "server/logging.h"

namespace herd::server {

// Every line in and out, to a file per server, when asked for. One entry per line:
//
//   2026-11-22T00:00:00.000000Z client 127.0.0.1:54321 > IAMAT kiwi ...
//
// with "client" or "peer", the other side's address or name, '>' for what came in and '<' for what
// went out. Lines stand as wire/shown.h says, and the MAC of a PROOF is left out: with it a weak
// secret could be guessed. It has a queue of its own, so that neither this nor the
// server's log costs the other lines. Any thread.
class TrafficLog {
 public:
  // Appends to DIR/NAME.traffic.log, which is made as LogOutput::Append does.
  static std::expected<std::unique_ptr<TrafficLog>, std::string> Open(
      const std::filesystem::path& dir, const std::string& server, std::size_t queue_bytes);

  // One line without its end.
  void In(std::string_view kind, std::string_view who, std::string_view line);
  // Any number of lines, each with its end.
  void Out(std::string_view kind, std::string_view who, std::string_view lines);

  // Lines that its queue had no room for.
  std::uint64_t dropped() const { return log_.writer->dropped(); }

 private:
  explicit TrafficLog(Log log) : log_(std::move(log)) {}

  const Log log_;

  void Write(std::string_view kind, std::string_view who, char direction, std::string_view line);
};

}  // namespace herd::server
