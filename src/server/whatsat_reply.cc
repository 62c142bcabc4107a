#include "server/whatsat_reply.h"

#include <cstddef>

namespace herd::server {

void AppendWhatsatReply(std::string& out, std::string_view at_line, std::string_view json) {
  out += at_line;
  out += '\n';
  // Newlines at the front would make a run with the one behind the AT line.
  while (json.starts_with('\n')) json.remove_prefix(1);
  while (json.ends_with('\n')) json.remove_suffix(1);
  while (!json.empty()) {
    const std::size_t end = json.find('\n');
    out += json.substr(0, end);
    if (end == std::string_view::npos) break;
    out += '\n';
    json.remove_prefix(json.find_first_not_of('\n', end));
  }
  out += "\n\n";
}

}  // namespace herd::server
