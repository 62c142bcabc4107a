#include "server/whatsat_reply.h"

#include <algorithm>
#include <cstddef>

namespace herd::server {

namespace {

// Every run of characters that are all in `line_ends` becomes one newline; none stands at either
// end: one at the front would make a run with the newline behind the AT line.
void AppendFolded(std::string& out, std::string_view json, std::string_view line_ends) {
  json.remove_prefix(std::min(json.find_first_not_of(line_ends), json.size()));
  json = json.substr(0, json.find_last_not_of(line_ends) + 1);
  while (!json.empty()) {
    const std::size_t end =
        line_ends.size() == 1 ? json.find(line_ends.front()) : json.find_first_of(line_ends);
    out += json.substr(0, end);
    if (end == std::string_view::npos) break;
    out += '\n';
    json.remove_prefix(json.find_first_not_of(line_ends, end));
  }
}

}  // namespace

void AppendWhatsatReply(std::string& out, std::string_view at_line, std::string_view json) {
  out += at_line;
  out += '\n';
  // Only others' JSON has CR, and only between its values: in a string it is escaped. Finding one
  // character is much faster than finding one of two.
  AppendFolded(out, json, json.contains('\r') ? "\r\n" : "\n");
  out += "\n\n";
}

}  // namespace herd::server
