#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet.h"
#include "net/http_server.h"
#include "server/forget.h"
#include "server/near.h"
#include "server/status.h"

namespace herd::server {

// What the answers are made of.
struct AdminParts {
  std::function<Status()> collect;
  // Forgets a client, and calls the function with what came of it, at once or later.
  std::function<void(const ForgetRequest&, std::function<void(const Forgotten&)>)> forget;
  // Finds the clients near a point, and calls the function with them, at once or later; or with why
  // they cannot be told now.
  using OnNear = std::function<void(const std::expected<fleet::NearAnswer, std::string>&)>;
  std::function<void(const NearRequest&, std::stop_token abandoned, OnNear)> near;
  std::vector<std::string> hosts;  // HostsOf the server
};

// What a server answers on its admin address:
//
//   GET /healthz    200 while every loop answers, else 503
//   GET /readyz     200 when it can do its work, else 503
//   GET /metrics    the metrics in Prometheus' text format
//   GET /v1/status  the status in JSON
//   GET /v1/near    the clients nearest to a point, in JSON: see ReadNear and NearJson
//
//   DELETE /v1/clients/ID[?time=SECONDS]  forgets a client, whose ID is percent-encoded, as of now
//                                         or that time: see WhyNoChange and Forget
//
// All but the metrics is JSON; what is not 200 says why in the member "error". GET changes nothing.
void AnswerAdmin(const net::HttpRequest& request, const AdminParts& parts,
                 const net::HttpReply& reply);

// The answer to what is no such request.
net::HttpAnswer AdminFault(unsigned status, std::string_view why);

}  // namespace herd::server
