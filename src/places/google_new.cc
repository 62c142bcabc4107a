#include "places/google_new.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "geo/lat_lng.h"
#include "places/json_tree.h"

namespace herd::places {
namespace {

using Result = std::expected<Answer, LookUpFailure>;

// A point of the new API as the texts of its two numbers.
struct PointText {
  std::string_view lat;
  std::string_view lng;
};

// The number of that name. The JSON form of Protocol Buffers leaves out members whose value is 0,
// so that a place on the equator comes without a latitude.
std::optional<std::string_view> NumberText(const JsonValue& object, std::string_view name) {
  const JsonValue* number = object.Find(name);
  if (number == nullptr) return "0";
  return number->IsNumber() ? std::optional(number->text) : std::nullopt;
}

std::optional<PointText> PointOf(const JsonValue* object) {
  if (object == nullptr || !object->IsObject()) return std::nullopt;
  const auto lat = NumberText(*object, "latitude");
  const auto lng = NumberText(*object, "longitude");
  if (!lat || !lng) return std::nullopt;
  return PointText{*lat, *lng};
}

// `text` is a number of JSON. One that is too small for a double is 0, as far as degrees go; one
// that is too large is infinite.
double Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // std::from_chars does not tell the two apart.
  return error == std::errc{} ? value : std::strtod(std::string(text).c_str(), nullptr);
}

std::optional<geo::LatLng> Parse(const PointText& point) {
  const auto degrees = [](std::string_view text, double max) -> std::optional<double> {
    const double value = Number(text);
    return std::abs(value) <= max ? std::optional(value) : std::nullopt;
  };
  const auto lat = degrees(point.lat, 90);
  const auto lng = degrees(point.lng, 180);
  if (!lat || !lng) return std::nullopt;
  return geo::LatLng{*lat, *lng};
}

void AppendPoint(std::string& out, std::string_view name, const PointText& point) {
  out.append("\"").append(name).append("\":{\"lat\":").append(point.lat);
  out.append(",\"lng\":").append(point.lng).append("}");
}

// The legacy form has no geometry without a viewport. For a place without an extent of its own
// Google gives a box of this half side round it (as in its published example), so we do where it
// gave none.
constexpr double kViewportHalfDeg = 0.001349;

void AppendViewportAround(std::string& out, const geo::LatLng& center) {
  const auto wrapped = [](double lng) {
    return lng > 180 ? lng - 360 : lng < -180 ? lng + 360 : lng;
  };
  const std::string north = Decimal(std::min(center.lat_deg + kViewportHalfDeg, 90.0));
  const std::string south = Decimal(std::max(center.lat_deg - kViewportHalfDeg, -90.0));
  const std::string east = Decimal(wrapped(center.lng_deg + kViewportHalfDeg));
  const std::string west = Decimal(wrapped(center.lng_deg - kViewportHalfDeg));
  AppendPoint(out, "northeast", {north, east});
  out += ',';
  AppendPoint(out, "southwest", {south, west});
}

// False when the place has a location that is none.
bool AppendGeometry(std::string& out, const JsonValue& place) {
  const JsonValue* location = place.Find("location");
  if (location == nullptr) return true;
  const auto center = PointOf(location);
  const auto center_deg = center ? Parse(*center) : std::nullopt;
  if (!center_deg) return false;
  out += "\"geometry\":{";
  AppendPoint(out, "location", *center);
  out += ",\"viewport\":{";
  const JsonValue* viewport = place.Find("viewport");
  const auto low = viewport != nullptr ? PointOf(viewport->Find("low")) : std::nullopt;
  const auto high = viewport != nullptr ? PointOf(viewport->Find("high")) : std::nullopt;
  if (low && high && Parse(*low) && Parse(*high)) {
    AppendPoint(out, "northeast", *high);
    out += ',';
    AppendPoint(out, "southwest", *low);
  } else {
    AppendViewportAround(out, *center_deg);
  }
  out += "}},";
  return true;
}

void AppendMember(std::string& out, std::string_view name, const JsonValue* value) {
  out.append("\"").append(name).append("\":").append(value->text).append(",");
}

void AppendString(std::string& out, std::string_view name, const JsonValue* value) {
  if (value != nullptr && value->IsString()) AppendMember(out, name, value);
}

// The words that the legacy form knows; the new API has others too, and may get more.
bool IsLegacyBusinessStatus(const JsonValue* value) {
  constexpr std::array<std::string_view, 3> kWords = {"OPERATIONAL", "CLOSED_TEMPORARILY",
                                                      "CLOSED_PERMANENTLY"};
  return value != nullptr && value->IsString() &&
         std::ranges::find(kWords, value->string) != kWords.end();
}

// Appends one place in the legacy form; false when it is none.
bool AppendPlace(std::string& out, const JsonValue& place) {
  if (!place.IsObject()) return false;
  out += '{';
  const JsonValue* business_status = place.Find("businessStatus");
  if (IsLegacyBusinessStatus(business_status))
    AppendMember(out, "business_status", business_status);
  if (!AppendGeometry(out, place)) return false;
  if (const JsonValue* name = place.Find("displayName"))
    AppendString(out, "name", name->Find("text"));
  AppendString(out, "place_id", place.Find("id"));
  const JsonValue* types = place.Find("types");
  if (types != nullptr && types->IsArrayOfStrings()) AppendMember(out, "types", types);
  const JsonValue* address = place.Find("shortFormattedAddress");
  AppendString(out, "vicinity", address != nullptr ? address : place.Find("formattedAddress"));
  if (out.back() == ',') out.pop_back();
  out += '}';
  return true;
}

// A wrong key is INVALID_ARGUMENT here, with this reason in a detail; the legacy API says
// REQUEST_DENIED, which tells the operator more.
bool SaysKeyInvalid(const JsonValue& error) {
  const JsonValue* details = error.Find("details");
  return details != nullptr && std::ranges::any_of(details->children, [](const JsonValue& detail) {
           const JsonValue* reason = detail.Find("reason");
           return reason != nullptr && reason->string == "API_KEY_INVALID";
         });
}

Status StatusOfWord(std::string_view word, Status otherwise) {
  if (word == "RESOURCE_EXHAUSTED") return Status::kOverQueryLimit;
  if (word == "PERMISSION_DENIED" || word == "UNAUTHENTICATED") return Status::kRequestDenied;
  if (word == "INVALID_ARGUMENT") return Status::kInvalidRequest;
  return otherwise;
}

// `error`: the object that Google describes a failure with
// (https://cloud.google.com/apis/design/errors), or null.
LookUpFailure FailureOf(int http_status, const JsonValue* error) {
  LookUpFailure failure{StatusOfHttp(http_status),
                        "Google answered HTTP " + std::to_string(http_status)};
  if (error == nullptr) return failure;
  const JsonValue* word = error->Find("status");
  if (word != nullptr) failure.status = StatusOfWord(word->string, failure.status);
  if (SaysKeyInvalid(*error)) failure.status = Status::kRequestDenied;
  failure.message = GooglesWords(error->Find("message"), failure.message);
  return failure;
}

}  // namespace

std::string_view GoogleNewApi::Endpoint() const {
  return "https://places.googleapis.com";
}

HttpRequest GoogleNewApi::Ask(std::string_view endpoint, const ApiKey& key,
                              const Query& query) const {
  HttpRequest request;
  request.url = std::string(endpoint) + "/v1/places:searchNearby";
  // Only what is translated below: Google's price depends on the fields.
  request.headers = {
      "Content-Type: application/json", "X-Goog-Api-Key: " + std::string(key.Reveal()),
      "X-Goog-FieldMask: places.id,places.displayName,places.location,places.viewport,"
      "places.types,places.formattedAddress,places.shortFormattedAddress,"
      "places.businessStatus"};
  constexpr int kResultsMax = 20;
  request.body = R"({"locationRestriction":{"circle":{"center":{"latitude":)" +
                 Decimal(query.center.lat_deg) + R"(,"longitude":)" +
                 Decimal(query.center.lng_deg) + R"(},"radius":)" + Decimal(query.radius.value) +
                 R"(}},"maxResultCount":)" +
                 std::to_string(std::clamp(query.results_max, 1, kResultsMax)) +
                 R"(,"rankPreference":"DISTANCE"})";
  return request;
}

Result GoogleNewApi::Read(const HttpResponse& response, int results_max) const {
  const auto tree = JsonTree::Parse(response.body);
  const JsonValue* error = tree ? tree->Root().Find("error") : nullptr;
  if (response.status != 200 || error != nullptr) {
    return std::unexpected(FailureOf(response.status, error));
  }
  if (!tree) return NotAnAnswer(tree.error());
  // Nothing near is an object without members.
  const JsonValue* places = tree->Root().Find("places");
  if (places == nullptr) return EmptyAnswer(Status::kZeroResults);
  if (!places->IsArray()) return NotAnAnswer("places is not an array");
  if (places->children.empty()) return EmptyAnswer(Status::kZeroResults);

  std::string out = R"({"html_attributions":[],"results":[)";
  int count = 0;
  for (const JsonValue& place : places->children) {
    if (count == results_max) break;
    const std::size_t begin = out.size();
    if (count > 0) out += ',';
    if (AppendPlace(out, place)) {
      ++count;
    } else {
      out.resize(begin);  // one place that is none takes no other with it
    }
  }
  if (count == 0) return NotAnAnswer("none of its places is one");
  return Answer{Status::kOk, out + R"(],"status":"OK"})"};
}

}  // namespace herd::places
