#include "server/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <expected>
#include <optional>
#include <utility>

#include "net/listener.h"
#include "net/percent.h"
#include "server/admin_guard.h"
#include "server/json_writer.h"
#include "server/metrics.h"
#include "server/status_json.h"
#include "wire/command.h"
#include "wire/shown.h"

namespace herd::server {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kClients = "/v1/clients/";
constexpr std::string_view kNear = "/v1/near";
constexpr std::string_view kTimeKey = "time=";

net::HttpAnswer JsonAnswer(unsigned status, const JsonWriter& json) {
  return {.status = status, .content_type = kJson, .body = json.text() + "\n", .allow = {}};
}

net::HttpAnswer Verdict(const std::optional<std::string>& why_not) {
  if (why_not) return AdminFault(503, *why_not);
  return {.status = 200, .content_type = kJson, .body = "{\"status\":\"ok\"}\n", .allow = {}};
}

net::HttpAnswer OnlyAllowed(const char* methods) {
  net::HttpAnswer answer = AdminFault(405, std::string("allowed: ") + methods);
  answer.allow = methods;
  return answer;
}

struct Page {
  std::string_view path;
  net::HttpAnswer (*answer)(const Status& status);
};

constexpr std::array kPages = {
    Page{"/healthz", [](const Status& status) { return Verdict(WhyNotHealthy(status)); }},
    Page{"/readyz", [](const Status& status) { return Verdict(WhyNotReady(status)); }},
    Page{"/metrics",
         [](const Status& status) {
           return net::HttpAnswer{.status = 200,
                                  .content_type = kMetricsText,
                                  .body = MetricsText(status),
                                  .allow = {}};
         }},
    Page{"/v1/status", [](const Status& status) {
           return net::HttpAnswer{
               .status = 200, .content_type = kJson, .body = StatusJson(status), .allow = {}};
         }}};

net::HttpAnswer AnswerPage(const net::HttpRequest& request,
                           const std::function<Status()>& collect) {
  const auto* const page = std::ranges::find(kPages, request.path, &Page::path);
  if (page == kPages.end()) {
    return AdminFault(
        404, "there are /healthz, /readyz, /metrics, /v1/status, /v1/near and /v1/clients/ID");
  }
  if (request.method != "GET") return OnlyAllowed("GET, HEAD");
  return page->answer(collect());
}

// What `DELETE /v1/clients/ID` asks for, or what is wrong with it.
std::expected<ForgetRequest, std::string> ReadForget(const net::HttpRequest& request) {
  auto client = net::PercentDecode(request.path.substr(kClients.size()));
  if (!client) {
    return std::unexpected("the ID must be percent-encoded, as %2F for a slash");
  }
  if (!wire::IsClientId(*client)) {
    return std::unexpected(
        fmt::format("an ID is 1 to {} bytes without white space", wire::kClientIdBytesMax));
  }
  ForgetRequest forget{.client = *std::move(client), .asked_by = net::ToString(request.peer)};
  if (request.query.empty()) return forget;
  if (request.query.starts_with(kTimeKey))
    forget.time = wire::ParsePosixTime(request.query.substr(kTimeKey.size()));
  if (!forget.time) {
    return std::unexpected(
        "behind the ID may stand ?time=SECONDS only, with seconds since 1970 as in "
        "1520023934.918963997");
  }
  return forget;
}

std::string TimeText(wire::UnixNanos time) {
  std::string text;
  wire::AppendPosixTime(text, time);
  return text;
}

// "error", and in "time" the one that the error speaks of.
net::HttpAnswer WrongTime(unsigned status, std::string_view why, const std::string& time) {
  JsonWriter json;
  json.Open('{').Member("error", why).Member("time", time).Close('}');
  return JsonAnswer(status, json);
}

net::HttpAnswer AnswerOf(std::string_view client, const Forgotten& forgotten) {
  const std::string time = TimeText(forgotten.time);
  switch (forgotten.outcome) {
    case Forgotten::Outcome::kForgotten:
      break;
    case Forgotten::Outcome::kNewer:
      return WrongTime(
          409,
          "nothing is forgotten: the client's newest report counts as later; to forget "
          "it, too, give the time " +
              time + " or a later one",
          time);
    case Forgotten::Outcome::kTooLate:
      return WrongTime(400,
                       "nothing is forgotten: that time would keep the client away until then; the "
                       "latest that is taken now is " +
                           time,
                       time);
    case Forgotten::Outcome::kFull:
      return AdminFault(507,
                        "nothing is forgotten: the fleet is full (limits.clients, "
                        "limits.fleet_bytes), and a client that is forgotten takes a place, too");
    case Forgotten::Outcome::kNotOnDisk:
      return AdminFault(503,
                        "forgotten in memory, and the neighbours are told; but it is not on "
                        "the disk: " +
                            forgotten.why);
  }
  JsonWriter json;
  json.Open('{')
      .Member("client", wire::Shown(client))
      .Member("known", forgotten.known)
      .Member("tombstone", wire::Shown(forgotten.tombstone));
  if (forgotten.on_disk) json.Member("on_disk", *forgotten.on_disk);
  json.Close('}');
  return JsonAnswer(200, json);
}

// What is forgotten now could miss the journal, or the neighbours.
std::optional<std::string> WhyNotNow(const Status& status) {
  if (status.ending) return "the server is ending; ask another one";
  if (status.journal && status.journal->told.state == journal::Status::State::kLoading)
    return "the journal is being loaded; ask again when that is done";
  return std::nullopt;
}

void AnswerForget(const net::HttpRequest& request, const AdminParts& parts,
                  const net::HttpReply& reply) {
  if (request.method != "DELETE") return reply(OnlyAllowed("DELETE"));
  if (const auto why = WhyNoChange(request)) return reply(AdminFault(403, *why));
  const auto forget = ReadForget(request);
  if (!forget) return reply(AdminFault(400, forget.error()));
  if (const auto why = WhyNotNow(parts.collect())) return reply(AdminFault(503, *why));
  parts.forget(*forget, [reply, client = forget->client](const Forgotten& forgotten) {
    reply(AnswerOf(client, forgotten));
  });
}

void AnswerNear(const net::HttpRequest& request, const AdminParts& parts,
                const net::HttpReply& reply) {
  if (request.method != "GET") return reply(OnlyAllowed("GET, HEAD"));
  const auto near = ReadNear(request.query);
  if (!near) return reply(AdminFault(400, near.error()));
  parts.near(
      *near, request.abandoned,
      [reply](const std::expected<fleet::NearAnswer, std::string>& answer) {
        if (!answer) return reply(AdminFault(503, answer.error()));
        reply({.status = 200, .content_type = kJson, .body = NearJson(*answer), .allow = {}});
      });
}

}  // namespace

void AnswerAdmin(const net::HttpRequest& request, const AdminParts& parts,
                 const net::HttpReply& reply) {
  if (const auto why = WhyNotOurs(request, parts.hosts)) return reply(AdminFault(403, *why));
  if (request.path.starts_with(kClients)) return AnswerForget(request, parts, reply);
  if (request.path == kNear) return AnswerNear(request, parts, reply);
  reply(AnswerPage(request, parts.collect));
}

net::HttpAnswer AdminFault(unsigned status, std::string_view why) {
  JsonWriter json;
  json.Open('{').Member("error", why).Close('}');
  return JsonAnswer(status, json);
}

}  // namespace herd::server
