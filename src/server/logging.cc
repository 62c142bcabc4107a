#include "server/logging.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "places/json.h"

namespace herd::server {
namespace {

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

// Formats a line on the thread that logs it, and queues it.
class QueueSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit QueueSink(std::shared_ptr<LogWriter> writer) : writer_(std::move(writer)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    formatter_->format(message, line_);
    writer_->Write(std::string(line_.data(), line_.size()));
  }
  void flush_() override {}

 private:
  std::shared_ptr<LogWriter> writer_;
  spdlog::memory_buf_t line_;
};

}  // namespace

std::expected<Log, std::string> MakeLog(const LoggingSettings& settings,
                                        const std::string& server) {
  auto output = settings.file.empty()
                    ? std::expected<LogOutput, std::string>(LogOutput::Standard(STDERR_FILENO))
                    : LogOutput::Append(settings.file);
  if (!output) return std::unexpected("cannot write the log: " + output.error());
  Log log =
      MakeLogger(server, *std::move(output), settings.queue_bytes, PatternOf(settings.format));
  log.logger->set_level(spdlog::level::from_str(settings.level));
  return log;
}

Log MakeLogger(const std::string& name, LogOutput output, std::size_t queue_bytes,
               const std::string& pattern) {
  const auto dropped_line =
      [name, formatter = std::shared_ptr(MakeFormatter(pattern))](std::uint64_t count) {
        const std::string text = fmt::format("{} log lines were dropped", count);
        spdlog::memory_buf_t line;
        formatter->format(spdlog::details::log_msg(name, spdlog::level::warn, text), line);
        return fmt::to_string(line);
      };
  auto writer = std::make_shared<LogWriter>(std::move(output), queue_bytes, dropped_line);
  auto sink = std::make_shared<QueueSink>(writer);
  sink->set_formatter(MakeFormatter(pattern));
  return {.logger = std::make_shared<spdlog::logger>(name, std::move(sink)),
          .writer = std::move(writer)};
}

}  // namespace herd::server
