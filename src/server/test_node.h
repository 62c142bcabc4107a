#pragma once

#include <memory>
#include <utility>

#include "server/links.h"
#include "server/node.h"

namespace herd::server {

// A server without neighbours, in memory only.
inline Node MakeNode(std::unique_ptr<places::Provider> places, fleet::Bounds bounds) {
  return {.name = "Alpha",
          .config = {.servers = {{.name = "Alpha"}}},
          .log = std::make_shared<spdlog::logger>("test"),
          .log_writer = nullptr,
          .traffic = nullptr,
          .places = std::move(places),
          .admission = net::Admission({}),
          .slow_look_ups = LogLimit(),
          .fleet = fleet::Fleet({}, std::move(bounds)),
          .clock = journal::ClockGuard({}, {}, {}),
          .journal = nullptr,
          .durability = nullptr};
}

inline flood::Identity IdentityOf(const Node& node) {
  return {.herd = node.config.herd,
          .name = node.name,
          .neighbours = {},
          .secret = flood::Secret(""),
          .run = ""};
}

}  // namespace herd::server
