#include "server/logging.h"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "places/json.h"

namespace herd::server {
namespace {

constexpr std::size_t kQueueEntries = 8192;

// "%*": the message as a JSON string.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    std::string text;
    places::AppendJsonString(text,
                             std::string_view(message.payload.data(), message.payload.size()));
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

std::unique_ptr<spdlog::formatter> MakeFormatter(const std::string& pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonMessage>('*').set_pattern(pattern);
  return formatter;
}

std::string PatternOf(LogFormat format) {
  const std::string time = kTextTimePattern;
  if (format == LogFormat::kJson) {
    return R"({"time":")" + time + R"(","level":"%l","server":"%n","message":%*})";
  }
  return time + " %-7l %n: %v";
}

}  // namespace

std::expected<std::shared_ptr<spdlog::logger>, std::string> MakeLog(const LoggingSettings& settings,
                                                                    const std::string& server) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (settings.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file.string());
    }
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected("cannot write the log: " + std::string(error.what()));
  }
  auto log = MakeAsyncLogger(server, std::move(sink), PatternOf(settings.format));
  log->set_level(spdlog::level::from_str(settings.level));
  return log;
}

std::shared_ptr<spdlog::logger> MakeAsyncLogger(const std::string& name,
                                                std::shared_ptr<spdlog::sinks::sink> sink,
                                                const std::string& pattern) {
  if (!spdlog::thread_pool()) spdlog::init_thread_pool(kQueueEntries, 1);
  auto log = std::make_shared<spdlog::async_logger>(name, std::move(sink), spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::block);
  log->set_formatter(MakeFormatter(pattern));
  log->flush_on(spdlog::level::info);
  return log;
}

std::string Escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '\\') {
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
  return text;
}

void FlushLogs() {
  spdlog::shutdown();
}

}  // namespace herd::server
