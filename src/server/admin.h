#pragma once

#include <functional>
#include <string_view>

#include "net/http_server.h"
#include "server/status.h"

namespace herd::server {

// What a server answers on its admin address:
//
//   GET /healthz    200 while every loop answers, else 503
//   GET /readyz     200 when it can do its work, else 503
//   GET /metrics    the metrics in Prometheus' text format
//   GET /v1/status  the status in JSON
//
// All but the metrics is JSON; what is not 200 says why in the member "error". `collect` is called
// for what needs it.
net::HttpAnswer AnswerAdmin(const net::HttpRequest& request,
                            const std::function<Status()>& collect);

// The answer to what is no such request.
net::HttpAnswer AdminFault(unsigned status, std::string_view why);

}  // namespace herd::server
