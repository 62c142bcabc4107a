#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace herd::places {

// What both Google providers are told. docs/places.md explains each.
struct GoogleSettings {
  std::string endpoint;           // "https://host[:port]"; empty: Google's own
  std::filesystem::path ca_file;  // PEM; the only certificates trusted; empty: the system's
  std::chrono::milliseconds timeout{3000};  // of one look-up, a retry included
  std::uint32_t requests_per_minute = 600;  // 0: no limit
  std::uint32_t requests_per_day = 10'000;  // 0: no limit
  // Of these budgets, what one address, and one client, may take: percent, 1 to 100.
  std::uint32_t address_share_percent = 10;
  std::uint32_t client_share_percent = 10;
  std::uint32_t breaker_failures = 5;  // so many in a row open the circuit breaker; 0: never
  std::chrono::milliseconds breaker_open{10'000};
};

}  // namespace herd::places
