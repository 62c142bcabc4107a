#include "places/offline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "places/json.h"

namespace herd::places {
namespace {

// Half the side of the box that Google gives as a shop's viewport, in E7: about 150 m of latitude.
constexpr std::int32_t kViewportHalfE7 = 13'500;
// What one result takes in JSON, mostly.
constexpr std::size_t kResultBytes = 512;

// Appends ten millionths of a degree in decimal, exactly: "-118.44512", "2".
void AppendDegrees(std::string& out, std::int32_t e7) {
  constexpr std::uint32_t kUnit = 10'000'000;
  const std::uint32_t size = static_cast<std::uint32_t>(std::abs(e7));
  std::array<char, 12> text{'-'};
  char* const begin = text.data() + (e7 < 0 ? 0 : 1);
  char* end = std::to_chars(text.data() + 1, text.data() + 4, size / kUnit).ptr;
  if (const std::uint32_t fraction = size % kUnit; fraction != 0) {
    const fmt::format_int digits(kUnit + fraction);  // a 1, where the point goes, and seven more
    char* const point = end;
    end = std::copy_n(digits.data(), digits.size(), point);
    *point = '.';
    while (end[-1] == '0') --end;
  }
  out += std::string_view(begin, end);
}

void AppendPoint(std::string& out, const geo::LatLngE7& point) {
  out += "{\"lat\":";
  AppendDegrees(out, point.lat);
  out += ",\"lng\":";
  AppendDegrees(out, point.lng);
  out += '}';
}

geo::LatLngE7 Shifted(const geo::LatLngE7& point, std::int32_t by) {
  return {std::clamp(point.lat + by, -geo::kLatMaxE7, geo::kLatMaxE7),
          std::clamp(point.lng + by, -geo::kLngMaxE7, geo::kLngMaxE7)};
}

void AppendResult(std::string& out, const Index::Place& place) {
  out += "{\"name\":";
  AppendJsonString(out, place.name);
  if (!place.vicinity.empty()) {
    out += ",\"vicinity\":";
    AppendJsonString(out, place.vicinity);
  }
  out += ",\"types\":";
  out += place.types_json;
  out += ",\"geometry\":{\"location\":";
  AppendPoint(out, place.position);
  out += ",\"viewport\":{\"northeast\":";
  AppendPoint(out, Shifted(place.position, kViewportHalfE7));
  out += ",\"southwest\":";
  AppendPoint(out, Shifted(place.position, -kViewportHalfE7));
  out += "}},\"place_id\":";
  AppendJsonString(out, place.id);
  out += '}';
}

// The attributions of these places, each once, in the order of the places.
std::vector<std::string_view> Attributions(const Index& index,
                                           const std::vector<Index::Place>& places) {
  std::vector<std::string_view> attributions;
  for (const Index::Place& place : places) {
    const std::string_view text = index.Sources()[place.source].attribution;
    if (!text.empty() && std::ranges::find(attributions, text) == attributions.end()) {
      attributions.push_back(text);
    }
  }
  return attributions;
}

}  // namespace

void OfflineProvider::Nearby(const Query& query, Done done) {
  done(Nearby(query));
}

Answer OfflineProvider::Nearby(const Query& query) const {
  const auto count_max = static_cast<std::size_t>(std::max(query.results_max, 0));
  const std::vector<Index::Near> nearest = index_.Nearest(query.center, query.radius, count_max);
  if (nearest.empty()) return EmptyAnswer(Status::kZeroResults);
  std::vector<Index::Place> places;
  places.reserve(nearest.size());
  for (const Index::Near& near : nearest) {
    places.push_back(index_.At(near.place));
    // Of ten million places a text is in no cache: all are fetched while the first is written.
    __builtin_prefetch(places.back().name.data());
  }

  Answer answer{.status = Status::kOk, .json = "{\"html_attributions\":["};
  std::string& json = answer.json;
  json.reserve((places.size() + 1) * kResultBytes);
  for (const std::string_view attribution : Attributions(index_, places)) {
    if (json.back() != '[') json += ',';
    AppendJsonString(json, attribution);
  }
  // One line for each result: many read this with nothing but a terminal.
  json += "],\n\"results\":[\n";
  for (const Index::Place& place : places) {
    if (json.back() != '\n') json += ",\n";
    AppendResult(json, place);
  }
  json += "\n],\n\"status\":\"OK\"}";
  return answer;
}

}  // namespace herd::places
