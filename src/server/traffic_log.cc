#include "server/traffic_log.h"

#include <utility>

#include "server/logging.h"
#include "wire/shown.h"

namespace herd::server {
namespace {

constexpr std::string_view kProof = "PROOF ";

// A secret's proof is nobody's business.
std::string Readable(std::string_view line) {
  return line.starts_with(kProof) ? std::string(kProof) + "..." : wire::Shown(line);
}

}  // namespace

std::expected<std::unique_ptr<TrafficLog>, std::string> TrafficLog::Open(
    const std::filesystem::path& dir, const std::string& server, std::size_t queue_bytes) {
  auto output = LogOutput::Append(dir / (server + ".traffic.log"));
  if (!output) return std::unexpected("cannot write the traffic log: " + output.error());
  return std::unique_ptr<TrafficLog>(
      new TrafficLog(MakeLogger(server + " traffic", *std::move(output), queue_bytes,
                                kTextTimePattern + std::string(" %v"))));
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
  log_.logger->info("{} {} {} {}", kind, who, direction, Readable(line));
}

}  // namespace herd::server
