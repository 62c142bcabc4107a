#include <chrono>
#include <memory>
#include <random>
#include <string_view>
#include <utility>

#include "places/curl_transport.h"
#include "places/google_legacy.h"
#include "places/google_new.h"
#include "places/google_provider.h"

namespace herd::places {
namespace {

constexpr int kRetryDelayMinMs = 50;
constexpr int kRetryDelayMaxMs = 150;

// "https://host[:port]" and no more: a path, a user or a query would get into every URL made from
// it.
bool IsEndpoint(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]";
  return text.starts_with(kScheme) && text.size() > kScheme.size() &&
         text.find_first_not_of(kAllowed, kScheme.size()) == std::string_view::npos;
}

}  // namespace

std::expected<std::unique_ptr<Provider>, std::string> MakeGoogleProvider(
    GoogleKind kind, const GoogleSettings& settings, ApiKey key, OnLookUp on_look_up) {
  if (!settings.endpoint.empty() && !IsEndpoint(settings.endpoint)) {
    return std::unexpected("the endpoint \"" + settings.endpoint +
                           "\" is not of the form https://HOST or https://HOST:PORT");
  }
  auto transport = CurlTransport::Make({.ca_file = settings.ca_file});
  if (!transport) return std::unexpected(transport.error());
  std::unique_ptr<GoogleApi> api;
  if (kind == GoogleKind::kLegacy) {
    api = std::make_unique<GoogleLegacyApi>();
  } else {
    api = std::make_unique<GoogleNewApi>();
  }
  auto retry_delay =
      [random = std::minstd_rand(std::random_device()()),
       spread = std::uniform_int_distribution(kRetryDelayMinMs, kRetryDelayMaxMs)]() mutable {
        return std::chrono::milliseconds(spread(random));
      };
  return std::make_unique<GoogleProvider>(
      std::move(api), settings, std::move(key),
      GoogleProvider::Surroundings{.transport = std::move(*transport),
                                   .now = &std::chrono::steady_clock::now,
                                   .retry_delay = std::move(retry_delay),
                                   .on_look_up = std::move(on_look_up)});
}

}  // namespace herd::places
