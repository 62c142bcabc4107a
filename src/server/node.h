#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "fleet/fleet.h"
#include "journal/journal.h"
#include "net/admission.h"
#include "places/provider.h"
#include "server/config.h"
#include "server/durability.h"
#include "server/traffic_log.h"

namespace herd::server {

// What the sessions of one server share. All of it may be used from any thread.
struct Node {
  const std::string name;
  const Config config;
  const std::shared_ptr<spdlog::logger> log;
  const std::unique_ptr<TrafficLog> traffic;  // null: traffic is not logged
  std::unique_ptr<places::Provider> places;   // there until the end of the server
  net::Admission admission;
  fleet::Fleet fleet;
  journal::ClockGuard clock;                  // whether rows may expire by the system's clock
  std::unique_ptr<journal::Journal> journal;  // null: the fleet is in memory only
  std::unique_ptr<Durability> durability;     // null: replies wait for nothing
};

}  // namespace herd::server
