#include "server/near.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <cmath>
#include <optional>

#include "places/json.h"
#include "wire/shown.h"

namespace herd::server {
namespace {

// Nothing unless the whole text is one number from `least` to `most`.
template <typename Number, typename... Format>
std::optional<Number> ReadNumber(std::string_view text, Number least, Number most,
                                 Format... format) {
  Number number{};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number, format...);
  // Written so that it leaves out what is no number.
  const bool within = number >= least && number <= most;
  if (error != std::errc() || rest != end || !within) return std::nullopt;
  return number;
}

bool ReadDegrees(std::string_view text, double most, double& degrees) {
  const auto read = ReadNumber(text, -most, most, std::chars_format::fixed);
  if (read) degrees = *read;
  return read.has_value();
}

bool ReadLatitude(std::string_view text, NearRequest& request) {
  return ReadDegrees(text, 90, request.center.lat_deg);
}

bool ReadLongitude(std::string_view text, NearRequest& request) {
  return ReadDegrees(text, 180, request.center.lng_deg);
}

bool ReadRadius(std::string_view text, NearRequest& request) {
  const auto km = ReadNumber(text, 0.0, kNearRadiusKmMax, std::chars_format::fixed);
  if (!km || *km == 0) return false;
  request.radius = geo::Metres{*km * 1000};
  return true;
}

bool ReadMax(std::string_view text, NearRequest& request) {
  const auto max = ReadNumber(text, std::size_t{1}, kNearMax);
  if (max) request.max = *max;
  return max.has_value();
}

struct Key {
  std::string_view name;
  bool (*read)(std::string_view text, NearRequest& request);
};

constexpr std::array kKeys = {Key{"lat", ReadLatitude}, Key{"lng", ReadLongitude},
                              Key{"radius", ReadRadius}, Key{"max", ReadMax}};
constexpr std::size_t kNeeded = 2;  // the first of them

std::string Wrong(std::string_view what) {
  return fmt::format(
      "{}; allowed, each once: lat=-90…90 and lng=-180…180 in degrees, and unless the "
      "defaults do, radius= above 0 up to {} in km (default 10) and max=1…{} (default 10)",
      what, kNearRadiusKmMax, kNearMax);
}

// As metres with one decimal.
void AppendDecimetres(std::string& out, geo::Metres distance) {
  const long long decimetres = std::llround(distance.value * 10);
  out += std::to_string(decimetres / 10);
  out += '.';
  out += static_cast<char>('0' + decimetres % 10);
}

// Appends `bytes` as a JSON string of what they are shown as; `scratch` is overwritten.
void AppendShownJson(std::string& json, std::string_view bytes, std::string& scratch) {
  scratch.clear();
  wire::AppendShown(scratch, bytes);
  places::AppendJsonString(json, scratch);
}

}  // namespace

std::expected<NearRequest, std::string> ReadNear(std::string_view query) {
  NearRequest request;
  std::bitset<kKeys.size()> given;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto* const key = std::ranges::find(kKeys, part.substr(0, equals), &Key::name);
    if (key == kKeys.end()) return std::unexpected(Wrong("there is no such key"));
    const auto index = static_cast<std::size_t>(key - kKeys.begin());
    if (given.test(index)) return std::unexpected(Wrong(fmt::format("{} comes twice", key->name)));
    given.set(index);
    if (!key->read(part.substr(std::min(equals + 1, part.size())), request))
      return std::unexpected(Wrong(fmt::format("{} is no such number", key->name)));
  }
  for (std::size_t i = 0; i < kNeeded; ++i) {
    if (!given.test(i)) return std::unexpected(Wrong(fmt::format("{} is missing", kKeys[i].name)));
  }
  return request;
}

std::string NearJson(const fleet::NearAnswer& answer) {
  // By hand, since this is asked more often than all else that is told in JSON.
  constexpr std::string_view kHead = "{\"clients\":[";
  constexpr std::string_view kTail = "],\"complete\":";
  constexpr std::size_t kTailBytes = 60;  // and what comes behind it
  constexpr std::size_t kKeysBytes = 60;  // and the quotes, and the distance
  const auto& clients = answer.clients;
  std::size_t bytes = kHead.size() + kTailBytes;
  for (const auto& client : clients)
    bytes += kKeysBytes + client.client.size() + client.at_line.size();
  std::string scratch;
  std::string json;
  json.reserve(bytes);
  json += kHead;
  for (const auto& client : clients) {
    json += json.size() == kHead.size() ? "{\"client\":" : ",{\"client\":";
    AppendShownJson(json, client.client, scratch);
    json += ",\"distance_m\":";
    AppendDecimetres(json, client.distance);
    json += ",\"at\":";
    AppendShownJson(json, client.at_line, scratch);
    json += '}';
  }
  (json += kTail) += answer.complete ? "true" : "false";
  if (!answer.complete) AppendDecimetres(json += ",\"searched_m\":", answer.searched);
  return json += "}\n";
}

}  // namespace herd::server
