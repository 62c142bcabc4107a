#include "server/admin_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cctype>

namespace herd::server {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char one, unsigned char other) {
    return std::tolower(one) == std::tolower(other);
  });
}

// The host of "HOST", "HOST:PORT" or "[IPV6]:PORT".
std::string_view NameOf(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool IsAddress(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error;
}

bool IsOurs(std::string_view host, const std::vector<std::string>& hosts) {
  const std::string_view name = NameOf(host);
  return IsAddress(name) || SameName(name, "localhost") ||
         std::ranges::any_of(hosts, [&](const std::string& ours) { return SameName(name, ours); });
}

}  // namespace

std::vector<std::string> HostsOf(const ServerEntry& entry) {
  std::vector<std::string> hosts;
  for (const Endpoint& endpoint : entry.clients) hosts.push_back(endpoint.host);
  for (const auto& endpoint : {entry.peers, entry.peers_listen, entry.admin}) {
    if (endpoint) hosts.push_back(endpoint->host);
  }
  return hosts;
}

std::optional<std::string> WhyNotOurs(const net::HttpRequest& request,
                                      const std::vector<std::string>& hosts) {
  const auto host = request.Header("Host");
  if (host && IsOurs(*host, hosts)) return std::nullopt;
  return "the header Host must be an IP address, localhost, or a name that the configuration has "
         "for this server";
}

std::optional<std::string> WhyNoChange(const net::HttpRequest& request,
                                       const std::vector<std::string>& hosts) {
  for (const std::string_view header : {"Origin", "Sec-Fetch-Site"}) {
    if (request.Header(header))
      return fmt::format("web pages change nothing here, and this has the header {}", header);
  }
  if (request.Header(kChangeHeader) != "1")
    return fmt::format("what changes something needs the header \"{}: 1\"", kChangeHeader);
  return WhyNotOurs(request, hosts);
}

}  // namespace herd::server
