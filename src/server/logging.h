#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "server/config.h"

namespace herd::server {

// RFC 3339 in UTC with microseconds, as a pattern of spdlog.
inline constexpr const char* kTextTimePattern = "%Y-%m-%dT%H:%M:%S.%fZ";

// The log of one server: asynchronous, to standard error or to a file, as lines of text
// ("2026-11-22T00:00:00.000000Z info  Hands: link to Wilkes is up") or of JSON with the keys time,
// level, server and message.
std::expected<std::shared_ptr<spdlog::logger>, std::string> MakeLog(const LoggingSettings& settings,
                                                                    const std::string& server);

// A logger on the process's one logging thread. When that falls behind, whoever logs waits: no line
// is lost.
std::shared_ptr<spdlog::logger> MakeAsyncLogger(const std::string& name,
                                                std::shared_ptr<spdlog::sinks::sink> sink,
                                                const std::string& pattern);

// Bytes from outside as they may stand in a log: printable ASCII, all else as \xNN.
std::string Escaped(std::string_view bytes);

// Writes out what is still queued and ends the logging thread; for the end of the process.
void FlushLogs();

}  // namespace herd::server
