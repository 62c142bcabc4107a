#pragma once

#include <spdlog/logger.h>

#include <expected>
#include <memory>
#include <string>

#include "places/provider.h"
#include "server/config.h"

namespace herd::server {

// The places provider that the configuration asks for. Without an offline index there are no
// places, and a warning: a herd still tells where everyone is. Any other thing that is wrong is an
// error.
std::expected<std::unique_ptr<places::Provider>, std::string> MakePlaces(
    const PlacesSettings& settings, const std::shared_ptr<spdlog::logger>& log);

}  // namespace herd::server
