#include "server/admin.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "server/json_writer.h"
#include "server/metrics.h"
#include "server/status_json.h"

namespace herd::server {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

net::HttpAnswer Verdict(const std::optional<std::string>& why_not) {
  if (why_not) return AdminFault(503, *why_not);
  return {.status = 200, .content_type = kJson, .body = "{\"status\":\"ok\"}\n", .allow = {}};
}

struct Route {
  std::string_view path;
  net::HttpAnswer (*answer)(const Status& status);
};

constexpr std::array kRoutes = {
    Route{"/healthz", [](const Status& status) { return Verdict(WhyNotHealthy(status)); }},
    Route{"/readyz", [](const Status& status) { return Verdict(WhyNotReady(status)); }},
    Route{"/metrics",
          [](const Status& status) {
            return net::HttpAnswer{.status = 200,
                                   .content_type = kMetricsText,
                                   .body = MetricsText(status),
                                   .allow = {}};
          }},
    Route{"/v1/status", [](const Status& status) {
            return net::HttpAnswer{
                .status = 200, .content_type = kJson, .body = StatusJson(status), .allow = {}};
          }}};

}  // namespace

net::HttpAnswer AnswerAdmin(const net::HttpRequest& request,
                            const std::function<Status()>& collect) {
  const auto* const route = std::ranges::find(kRoutes, request.path, &Route::path);
  if (route == kRoutes.end())
    return AdminFault(404, "there are /healthz, /readyz, /metrics and /v1/status");
  if (request.method != "GET") {
    net::HttpAnswer answer = AdminFault(405, "allowed: GET, HEAD");
    answer.allow = "GET, HEAD";
    return answer;
  }
  return route->answer(collect());
}

net::HttpAnswer AdminFault(unsigned status, std::string_view why) {
  JsonWriter json;
  json.Open('{').Member("error", why).Close('}');
  return {.status = status, .content_type = kJson, .body = json.text() + "\n", .allow = {}};
}

}  // namespace herd::server
