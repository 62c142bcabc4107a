#include "net/lines.h"

namespace herd::net {

LineScan NextLine(std::string_view input, std::size_t line_bytes_max) {
  const std::size_t end = input.substr(0, line_bytes_max + 2).find('\n');
  const std::string_view line = input.substr(0, end);
  const std::size_t cr = line.ends_with('\r') ? 1 : 0;
  if (line.size() - cr > line_bytes_max) return {.kind = LineScan::Kind::kTooLong};
  if (end == std::string_view::npos) return {.kind = LineScan::Kind::kPartial};
  return {.kind = LineScan::Kind::kLine, .line = line, .consumed = end + 1};
}

}  // namespace herd::net
