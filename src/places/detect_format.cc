#include <zlib.h>

#include <memory>
#include <string>
#include <system_error>

#include "places/importer.h"
#include "places/text.h"

namespace herd::places {
namespace {

constexpr unsigned kHeadBytes = 16 * 1024;

struct GzipClose {
  void operator()(gzFile file) const { ::gzclose_r(file); }
};

// The name of the first element of an XML text.
std::string_view RootElement(std::string_view xml) {
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const std::string_view rest = xml.substr(at + 1);
    if (rest.starts_with("!--")) {
      at = xml.find("-->", at);
      if (at == std::string_view::npos) return {};
    } else if (!rest.starts_with('?') && !rest.starts_with('!')) {
      return rest.substr(0, rest.find_first_of(" \t\r\n/>"));
    }
  }
  return {};
}

}  // namespace

std::expected<FileFormat, std::string> DetectFormat(const std::filesystem::path& file) {
  const auto failed = [&](const std::string& why) {
    return std::unexpected(file.string() + ": " + why);
  };
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) return failed(error ? error.message() : "no such file");
  if (!std::filesystem::is_regular_file(status)) return failed("not a regular file");
  const std::unique_ptr<gzFile_s, GzipClose> gzip(::gzopen(file.c_str(), "rb"));
  if (gzip == nullptr) return failed("cannot be opened");
  // Reads a file that is not gzip as it is.
  std::string head(kHeadBytes, '\0');
  const int size = ::gzread(gzip.get(), head.data(), kHeadBytes);
  const bool is_gzip = ::gzdirect(gzip.get()) == 0;
  if (size < 0 || (is_gzip && size == 0)) return failed("damaged or truncated gzip");
  head.resize(static_cast<std::size_t>(size));
  std::string_view text = head;
  if (text.empty()) return failed("is empty");
  constexpr std::string_view kPbfStart = "\x0A\x09OSMHeader";
  if (!is_gzip && text.size() > 4 && text.substr(4).starts_with(kPbfStart))
    return FileFormat::kOsmPbf;

  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = Trimmed(text);
  if (text.starts_with('<')) {
    const std::string_view root = RootElement(text);
    if (root == "osm") return is_gzip ? FileFormat::kOsmXmlGzip : FileFormat::kOsmXml;
    if (root == "osmChange")
      return failed("holds changes to OpenStreetMap, not places: not supported");
    return failed("XML, but not of OpenStreetMap (its first element is <" + std::string(root) +
                  ">)");
  }
  if (is_gzip) return failed("gzip of something else than OpenStreetMap XML: unpack it first");
  if (text.starts_with('[')) return FileFormat::kCities;
  if (text.starts_with('{')) return FileFormat::kGeoJson;
  if (text.empty() || text.find('\0') != std::string_view::npos) {
    return failed(
        "neither OpenStreetMap (.osm.pbf, .osm, .osm.gz) nor cities.json, GeoJSON or CSV");
  }
  return FileFormat::kCsv;
}

}  // namespace herd::places
