#include "server/admin_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <system_error>

namespace herd::server {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char one, unsigned char other) {
    return std::tolower(one) == std::tolower(other);
  });
}

bool IsPort(std::string_view text) {
  constexpr unsigned kPortMax = 65'535;
  unsigned port = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, port);
  return error == std::errc() && rest == end && port <= kPortMax;
}

// The host of "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" (RFC 3986, 3.2); nothing for any other
// text. What is no address is a name for the caller to know.
std::optional<std::string_view> NameOf(std::string_view host) {
  const bool bracketed = host.starts_with('[');
  const std::size_t end = bracketed ? host.find(']') : std::min(host.find(':'), host.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view name = bracketed ? host.substr(1, end - 1) : host.substr(0, end);
  const std::string_view rest = host.substr(bracketed ? end + 1 : end);
  if (!rest.empty() && (rest.front() != ':' || !IsPort(rest.substr(1)))) return std::nullopt;
  boost::system::error_code error;
  if (bracketed) boost::asio::ip::make_address_v6(name, error);
  if (error) return std::nullopt;
  return name;
}

bool IsAddress(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error;
}

bool IsOurs(std::string_view host, const std::vector<std::string>& hosts) {
  const auto name = NameOf(host);
  if (!name) return false;
  return IsAddress(*name) || SameName(*name, "localhost") ||
         std::ranges::any_of(hosts, [&](const std::string& ours) { return SameName(*name, ours); });
}

}  // namespace

std::vector<std::string> HostsOf(const ServerEntry& entry) {
  std::vector<std::string> hosts;
  for (const Endpoint& endpoint : entry.clients) hosts.push_back(endpoint.host);
  for (const auto& endpoint : {entry.peers, entry.peers_listen, entry.admin}) {
    if (endpoint) hosts.push_back(endpoint->host);
  }
  std::erase(hosts, "*");
  hosts.insert(hosts.end(), entry.admin_names.begin(), entry.admin_names.end());
  return hosts;
}

std::optional<std::string> WhyNotOurs(const net::HttpRequest& request,
                                      const std::vector<std::string>& hosts) {
  const auto host = request.Header("Host");
  if (host && IsOurs(*host, hosts)) return std::nullopt;
  return "the header Host must be an IP address, localhost, or a name that the configuration has "
         "for this server (server.admin_names adds some), with a port or without";
}

std::optional<std::string> WhyNoChange(const net::HttpRequest& request) {
  for (const std::string_view header : {"Origin", "Sec-Fetch-Site"}) {
    if (request.Header(header))
      return fmt::format("web pages change nothing here, and this has the header {}", header);
  }
  if (request.Header(kChangeHeader) != "1")
    return fmt::format("what changes something needs the header \"{}: 1\"", kChangeHeader);
  return std::nullopt;
}

}  // namespace herd::server
