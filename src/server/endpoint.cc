#include <algorithm>
#include <charconv>
#include <string>

#include "server/config.h"
#include "wire/shown.h"

namespace herd::server {

std::expected<Endpoint, std::string> ParseEndpoint(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected("\"" + wire::Shown(text) +
                           "\" is not an address; write HOST:PORT with a port of 0 to 65535, as in "
                           "\"127.0.0.1:12000\", \"[::1]:12000\" or \"*:12000\"");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return wrong();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong();
  }
  // The system would take a name up to its first NUL.
  if (std::ranges::any_of(host, [](unsigned char c) { return c <= ' ' || c == 0x7F; }))
    return wrong();
  Endpoint endpoint{.host = std::string(host)};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size()) return wrong();
  return endpoint;
}

std::string ToString(const Endpoint& endpoint) {
  const bool literal_v6 = endpoint.host.find(':') != std::string::npos;
  return (literal_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

}  // namespace herd::server
