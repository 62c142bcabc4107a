#pragma once

#include <spdlog/logger.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "server/config.h"
#include "server/log_writer.h"

namespace herd::server {

// RFC 3339 in UTC with microseconds, as a pattern of spdlog.
inline constexpr const char* kTextTimePattern = "%Y-%m-%dT%H:%M:%S.%fZ";

// A logger, and what writes its lines. Who logs never waits: see LogWriter.
struct Log {
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<LogWriter> writer;
};

// The log of one server: to standard error or to a file, as lines of text
// ("2026-11-22T00:00:00.000000Z info  Hands: link to Wilkes is up") or of JSON with the keys time,
// level, server and message.
std::expected<Log, std::string> MakeLog(const LoggingSettings& settings, const std::string& server);

// A logger that formats its lines by `pattern` and queues at most `queue_bytes` of them.
Log MakeLogger(const std::string& name, LogOutput output, std::size_t queue_bytes,
               const std::string& pattern);

}  // namespace herd::server
