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

// The names by which a server may be called in a request that changes something: those that the
// configuration gives its addresses.
std::vector<std::string> HostsOf(const ServerEntry& entry);

// Why a request that would change something must not: nothing when it may. There is no password, so
// what is kept out are web pages in the browser of somebody who can reach the address. They show by
// Origin or Sec-Fetch-Site, lack kChangeHeader, or came by a name of their own that they let lead
// to us (DNS rebinding): Host must be an address, "localhost" or one of `hosts`.
std::optional<std::string> WhyNoChange(const net::HttpRequest& request,
                                       const std::vector<std::string>& hosts);

}  // namespace herd::server
