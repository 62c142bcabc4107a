#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>
#include <string>

#include "geo/box_center.h"
#include "places/columns.h"
#include "places/importer.h"
#include "places/json_file.h"
#include "places/types.h"

namespace herd::places {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

// A MultiPolygon in a GeometryCollection nests six deep; more than this is no geometry.
constexpr int kDepthMax = 16;

// Gathers the points of a geometry (RFC 7946).
class Shape {
 public:
  void AddGeometry(object geometry, int depth) {
    if (std::optional<value> coordinates = Member(geometry, "coordinates")) {
      AddCoordinates(*coordinates, depth);
      return;
    }
    std::optional<value> parts = Member(geometry, "geometries");
    if (!parts || depth == kDepthMax || parts->type() != json_type::array) return;
    for (value part : parts->get_array()) {
      if (part.type() == json_type::object) AddGeometry(part.get_object(), depth + 1);
    }
  }

  // Nothing when there is no point, or one outside of the globe.
  std::optional<geo::LatLng> Center() const { return valid_ ? center_.Center() : std::nullopt; }

 private:
  // A position is [longitude, latitude, ...]; anything else a list of such, or of lists of such.
  void AddCoordinates(value coordinates, int depth) {
    if (depth > kDepthMax || coordinates.type() != json_type::array) return;
    std::array<double, 2> position{};
    std::size_t numbers = 0;
    for (value item : coordinates.get_array()) {
      if (item.type() == json_type::array) {
        AddCoordinates(item, depth + 1);
      } else if (item.type() == json_type::number) {
        const double number = item.get_double();
        if (numbers < position.size()) position[numbers] = number;
        ++numbers;
      }
    }
    if (numbers == 0) return;
    const auto [lng, lat] = position;
    const bool in_range = numbers > 1 && lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180;
    if (in_range) {
      center_.Add({lat, lng});
    } else {
      valid_ = false;
    }
  }

  geo::BoxCenter center_;
  bool valid_ = true;
};

struct Properties {
  std::string name;
  std::string id;
  std::string vicinity;
  TypeList types;
};

// A string, or a number as it is written: IDs come as both.
std::string TextOf(value item) {
  if (item.type() == json_type::string) return std::string(std::string_view(item.get_string()));
  if (item.type() == json_type::number) return std::string(std::string_view(item.raw_json_token()));
  return {};
}

void ReadProperties(object properties, Properties& into) {
  for (auto field : properties) {
    // The key must be read before the value is.
    const std::string_view key = field.unescaped_key();
    const Meaning meaning = MeaningOf(key);
    const bool wanted = meaning == Meaning::kName || meaning == Meaning::kId ||
                        meaning == Meaning::kType || meaning == Meaning::kVicinity;
    if (!wanted) continue;
    const std::string text = TextOf(field.value());
    if (meaning == Meaning::kName && into.name.empty()) into.name = text;
    if (meaning == Meaning::kId && into.id.empty()) into.id = text;
    if (meaning == Meaning::kVicinity && into.vicinity.empty()) into.vicinity = text;
    if (meaning == Meaning::kType) into.types.Add(text);
  }
}

void AddFeature(object feature, PlaceSink& sink) {
  Shape shape;
  Properties properties;
  for (auto field : feature) {
    const std::string_view key = field.unescaped_key();
    value member = field.value();
    if (key == "geometry" && member.type() == json_type::object) {
      shape.AddGeometry(member.get_object(), 0);
    } else if (key == "properties" && member.type() == json_type::object) {
      ReadProperties(member.get_object(), properties);
    } else if (key == "id") {
      properties.id = TextOf(member);
    }
  }
  properties.types.Add("point_of_interest");
  constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
  const geo::LatLng center = shape.Center().value_or(geo::LatLng{kNowhere, kNowhere});
  sink.Add({.name = properties.name,
            .lat_deg = center.lat_deg,
            .lng_deg = center.lng_deg,
            .id = properties.id,
            .vicinity = properties.vicinity,
            .types = properties.types.text()});
}

}  // namespace

Imported ImportGeoJson(const std::filesystem::path& file, PlaceSink& sink,
                       const FileProgress& progress) {
  return JsonFile::Read(file, [&](const JsonFile& json, JsonFile::Document& document) -> Imported {
    object root = document.get_object();
    if (StringMember(root, "type") != "FeatureCollection") {
      return std::unexpected(json.Explain(nullptr, "JSON, but not a GeoJSON FeatureCollection"));
    }
    Pacer pacer(progress);
    for (object feature : root.find_field_unordered("features").get_array()) {
      AddFeature(feature, sink);
      pacer.Step([&] { return json.Fraction(document); });
    }
    return {};
  });
}

}  // namespace herd::places
