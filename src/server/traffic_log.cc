#include "server/traffic_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "server/logging.h"

namespace herd::server {
namespace {

constexpr std::string_view kProof = "PROOF ";

// A secret's proof is nobody's business.
std::string Readable(std::string_view line) {
  return line.starts_with(kProof) ? std::string(kProof) + "..." : Escaped(line);
}

}  // namespace

std::expected<std::unique_ptr<TrafficLog>, std::string> TrafficLog::Open(
    const std::filesystem::path& dir, const std::string& server) {
  const std::filesystem::path file = dir / (server + ".traffic.log");
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
    return std::unique_ptr<TrafficLog>(new TrafficLog(MakeAsyncLogger(
        server + " traffic", std::move(sink), kTextTimePattern + std::string(" %v"))));
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected("cannot write the traffic log " + file.string() + ": " + error.what());
  }
}

TrafficLog::~TrafficLog() {
  log_->flush();
}

void TrafficLog::In(std::string_view kind, std::string_view who, std::string_view line) {
  Write(kind, who, '>', line);
}

void TrafficLog::Out(std::string_view kind, std::string_view who, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    Write(kind, who, '<', lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

void TrafficLog::Write(std::string_view kind, std::string_view who, char direction,
                       std::string_view line) {
  log_->info("{} {} {} {}", kind, who, direction, Readable(line));
}

}  // namespace herd::server
