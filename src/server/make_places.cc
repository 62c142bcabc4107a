#include "server/make_places.h"

#include <filesystem>
#include <utility>

#include "places/api_key.h"
#include "places/fallback_provider.h"
#include "places/google_provider.h"
#include "places/index.h"
#include "places/offline.h"

namespace herd::server {
namespace {

using ProviderOr = std::expected<std::unique_ptr<places::Provider>, std::string>;

// Knows no places.
class NoPlaces final : public places::Provider {
 public:
  void Nearby(const places::Query& /*query*/, Done done) override {
    done(places::EmptyAnswer(places::Status::kZeroResults));
  }
};

ProviderOr MakeOffline(const PlacesSettings& settings, spdlog::logger& log) {
  const std::filesystem::path path = settings.index.empty() ? DefaultPlacesIndex() : settings.index;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    log.warn(
        "there is no places index at {}: WHATSAT finds no places until `herd places import` has "
        "made one and "
        "the server is started again",
        path.string());
    return std::make_unique<NoPlaces>();
  }
  auto index = places::Index::Open(path);
  if (!index) return std::unexpected(index.error());
  log.info("{} places in {}", index->PlaceCount(), path.string());
  return std::make_unique<places::OfflineProvider>(*std::move(index));
}

ProviderOr MakeGoogle(const PlacesSettings& settings, const std::shared_ptr<spdlog::logger>& log) {
  auto key = places::LoadApiKey(settings.google.key_file, settings.google.key_env);
  if (!key) return std::unexpected(key.error());
  const places::GoogleSettings google{
      .endpoint = settings.google.endpoint,
      .ca_file = settings.google.ca_file,
      .timeout = settings.google.timeout,
      .requests_per_minute = settings.google.requests_per_minute,
      .requests_per_day = settings.google.requests_per_day,
      .address_share_percent = settings.google.address_share_percent,
      .client_share_percent = settings.google.client_share_percent,
      .breaker_failures = settings.google.breaker_failures,
      .breaker_open = settings.google.breaker_open};
  const auto kind = settings.provider == PlacesProvider::kGoogle ? places::GoogleKind::kLegacy
                                                                 : places::GoogleKind::kNew;
  return places::MakeGoogleProvider(
      kind, google, *std::move(key), [log](const places::LookUp& look_up) {
        if (look_up.message.empty() || look_up.shared) return;
        log->debug("a place look-up failed with {}: {}", places::StatusWord(look_up.status),
                   look_up.message);
      });
}

}  // namespace

ProviderOr MakePlaces(const PlacesSettings& settings, const std::shared_ptr<spdlog::logger>& log) {
  if (settings.provider == PlacesProvider::kNone) return std::make_unique<NoPlaces>();
  if (settings.provider == PlacesProvider::kOffline) return MakeOffline(settings, *log);
  auto google = MakeGoogle(settings, log);
  if (!google || !settings.fall_back_offline) return google;
  auto offline = MakeOffline(settings, *log);
  if (!offline) return offline;
  return std::make_unique<places::FallbackProvider>(*std::move(google), *std::move(offline));
}

}  // namespace herd::server
