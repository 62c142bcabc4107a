#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "server/config.h"

namespace herd::server {

// The header that a request which changes something must have, with the value "1". A web page can
// send it to another site only after the browser has asked that for leave, which we never give.
inline constexpr std::string_view kChangeHeader = "X-Herd";

// The names by which a server may be called: those that the configuration gives its addresses, and
// server.admin_names.
std::vector<std::string> HostsOf(const ServerEntry& entry);

// Why a request, of whatever kind, that came by some name is not answered: nothing when Host is an
// address, "localhost" or one of `hosts`, with a port or without. Else it may be of a web page that
// had its own name lead to us (DNS rebinding), and could read the answer.
std::optional<std::string> WhyNotOurs(const net::HttpRequest& request,
                                      const std::vector<std::string>& hosts);

// Why a request that is ours must not change anything: nothing when it may. There is no password,
// so what is kept out are web pages in the browser of somebody who can reach the address. They show
// by Origin or Sec-Fetch-Site, or lack kChangeHeader.
std::optional<std::string> WhyNoChange(const net::HttpRequest& request);

}  // namespace herd::server
