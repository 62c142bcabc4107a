#include "cli/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/new_file.h"
#include "cli/progress.h"
#include "geo/lat_lng.h"
#include "places/import.h"
#include "places/json.h"
#include "places/offline.h"
#include "server/config.h"

namespace herd::cli {
namespace {

// Half the Earth's circumference is 20,015 km: this reaches everything.
constexpr double kRadiusMaxKm = 20'100;
constexpr int kResultsMax = 10'000;

void Fail(Context& context, Exit exit, std::string_view message) {
  std::cerr << "herd: " << message << '\n';
  context.exit = exit;
}

std::string HumanBytes(std::uint64_t bytes) {
  if (bytes < 10'000) return WithThousands(bytes) + " bytes";
  if (bytes < 10'000'000) return fmt::format("{} kB", bytes / 1000);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// The index that the command line names, or else the configuration, or else the default one.
std::expected<std::filesystem::path, std::string> IndexPath(const std::filesystem::path& given,
                                                            const Context& context) {
  if (!given.empty()) return given;
  const std::expected<server::Config, std::string> config = context.Config();
  if (!config) return std::unexpected(config.error());
  return config->places.index.empty() ? server::DefaultPlacesIndex() : config->places.index;
}

// Opens it, or says why not and leaves the exit code.
std::expected<places::Index, Exit> OpenIndex(const std::filesystem::path& given, Context& context) {
  const std::expected<std::filesystem::path, std::string> path = IndexPath(given, context);
  if (!path) {
    Fail(context, Exit::kUsage, path.error());
    return std::unexpected(Exit::kUsage);
  }
  std::expected<places::Index, std::string> index = places::Index::Open(*path);
  if (index) return std::move(*index);
  std::error_code error;
  const bool missing = !std::filesystem::exists(*path, error);
  Fail(context, Exit::kFailed,
       index.error() + (missing ? " (make one with: herd places import FILE...)" : ""));
  return std::unexpected(Exit::kFailed);
}

struct ImportArguments {
  std::vector<std::filesystem::path> files;
  std::filesystem::path output;
  std::string attribution;
};

void RunImport(const ImportArguments& arguments, Context& context) {
  const std::expected<std::filesystem::path, std::string> output =
      IndexPath(arguments.output, context);
  if (!output) return Fail(context, Exit::kUsage, output.error());
  base::NewFile::RemoveTemporaryOnSignals();
  std::expected<places::ImportSummary, std::string> summary;
  {
    Progress progress("importing");
    summary = places::ImportPlaces(
        arguments.files, *output, arguments.attribution,
        [&](double fraction, std::string_view file) { progress.Update(fraction, file); });
    if (summary) progress.Done(WithThousands(summary->written) + " places");
  }
  if (!summary) return Fail(context, Exit::kFailed, summary.error());
  std::uint64_t added = 0;
  for (const places::ImportedFile& file : summary->files) {
    added += file.added;
    std::cout << fmt::format("{} ({}): {} places", file.file.string(), file.format,
                             WithThousands(file.added));
    if (file.nameless > 0)
      std::cout << "; skipped without a name: " << WithThousands(file.nameless);
    if (file.misplaced > 0)
      std::cout << "; skipped without a position: " << WithThousands(file.misplaced);
    std::cout << '\n';
  }
  if (added > summary->written) {
    std::cout << "came twice, kept once: " << WithThousands(added - summary->written) << '\n';
  }
  std::error_code error;
  std::cout << fmt::format("{}: {} places, {}\n", output->string(), WithThousands(summary->written),
                           HumanBytes(std::filesystem::file_size(*output, error)));
}

void AddImport(CLI::App& places, Context& context) {
  CLI::App* command = places.add_subcommand("import", "Make an index of the places in files");
  const auto arguments = std::make_shared<ImportArguments>();
  command
      ->add_option("FILE", arguments->files,
                   "cities.json, OpenStreetMap (.osm.pbf, .osm, .osm.gz), GeoJSON or CSV; several "
                   "make one index")
      ->required();
  command
      ->add_option("-o,--output", arguments->output,
                   "Where to write the index; default: where the herd looks for it")
      ->type_name("INDEX");
  command
      ->add_option("--attribution", arguments->attribution,
                   "What the licence of CSV and GeoJSON files wants shown with their places")
      ->type_name("TEXT");
  command->footer(
      "A failed or interrupted import leaves the old index as it was, and nothing else behind. The "
      "new\n"
      "one is a regular file for its owner alone. Servers that run go on with the old one until "
      "they\n"
      "are started again.\n\n"
      "Example:\n  herd places import andorra.osm.pbf monaco.osm.gz -o pyrenees.index");
  command->callback([arguments, &context] { RunImport(*arguments, context); });
}

// A terminal must not obey what a place is called.
std::string Printable(std::string_view text) {
  std::string printable(text);
  std::ranges::replace_if(
      printable, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return printable;
}

struct NearArguments {
  geo::LatLng center;
  double radius_km = 10;
  int results_max = 10;
  std::filesystem::path index;
  bool json = false;
};

void RunNear(const NearArguments& arguments, Context& context) {
  std::expected<places::Index, Exit> opened = OpenIndex(arguments.index, context);
  if (!opened) return;
  const places::OfflineProvider provider(std::move(*opened));
  const geo::Metres radius{arguments.radius_km * 1000};
  if (arguments.json) {
    std::cout << provider.Nearby({arguments.center, radius, arguments.results_max}).json << '\n';
    return;
  }
  const places::Index& index = provider.places();
  const auto nearest =
      index.Nearest(arguments.center, radius, static_cast<std::size_t>(arguments.results_max));
  if (nearest.empty()) std::cout << fmt::format("No place within {} km.\n", arguments.radius_km);
  for (const places::Index::Near& near : nearest) {
    const places::Index::Place place = index.At(near.place);
    const std::string_view type = place.types.substr(0, place.types.find(' '));
    const std::string vicinity = place.vicinity.empty() ? "" : " - " + Printable(place.vicinity);
    std::cout << fmt::format("{:9.3f} km  {:<18} {}{}\n", near.distance.value / 1000, type,
                             Printable(place.name), vicinity);
  }
}

void AddNear(CLI::App& places, Context& context) {
  CLI::App* command = places.add_subcommand("near", "List the places nearest to a point");
  const auto arguments = std::make_shared<NearArguments>();
  command->add_option("LAT", arguments->center.lat_deg, "Latitude in degrees, north positive")
      ->required()
      ->check(CLI::Range(-90.0, 90.0));
  command->add_option("LON", arguments->center.lng_deg, "Longitude in degrees, east positive")
      ->required()
      ->check(CLI::Range(-180.0, 180.0));
  command->add_option("--radius", arguments->radius_km, "How far to look, in km")
      ->type_name("KM")
      ->capture_default_str()
      ->check(CLI::Range(0.0, kRadiusMaxKm));
  command->add_option("--max", arguments->results_max, "How many places at most")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, kResultsMax));
  command
      ->add_option("--index", arguments->index, "The index; default: where the herd looks for it")
      ->type_name("FILE");
  command->add_flag("--json", arguments->json, "Print what a server would answer");
  command->footer("Example:\n  herd places near -33.86 151.2 --radius 5 --max 3");
  command->callback([arguments, &context] { RunNear(*arguments, context); });
}

struct InfoArguments {
  std::filesystem::path index;
  bool json = false;
};

std::string InfoJson(const places::Index& index) {
  std::string json = fmt::format("{{\"places\":{},\"bytes\":{},\"version\":{},\"sources\":[",
                                 index.PlaceCount(), index.FileSize(), places::format::kVersion);
  for (const places::Index::Source& source : index.Sources()) {
    if (json.back() != '[') json += ',';
    json += "\n{\"name\":";
    places::AppendJsonString(json, source.name);
    json += fmt::format(",\"places\":{},\"attribution\":", source.place_count);
    places::AppendJsonString(json, source.attribution);
    json += '}';
  }
  return json + "\n]}";
}

void RunInfo(const InfoArguments& arguments, Context& context) {
  const std::expected<places::Index, Exit> index = OpenIndex(arguments.index, context);
  if (!index) return;
  if (arguments.json) {
    std::cout << InfoJson(*index) << '\n';
    return;
  }
  std::cout << fmt::format("{} places, {}, format version {}\n", WithThousands(index->PlaceCount()),
                           HumanBytes(index->FileSize()), places::format::kVersion);
  for (const places::Index::Source& source : index->Sources()) {
    std::cout << fmt::format("{:>12} from {}{}{}\n", WithThousands(source.place_count), source.name,
                             source.attribution.empty() ? "" : ": ", source.attribution);
  }
}

void AddInfo(CLI::App& places, Context& context) {
  CLI::App* command = places.add_subcommand("info", "Check an index and tell what it holds");
  const auto arguments = std::make_shared<InfoArguments>();
  command
      ->add_option("--index", arguments->index, "The index; default: where the herd looks for it")
      ->type_name("FILE");
  command->add_flag("--json", arguments->json, "Print it as JSON");
  command->footer("Example:\n  herd places info --index pyrenees.index");
  command->callback([arguments, &context] { RunInfo(*arguments, context); });
}

}  // namespace

void AddPlaces(CLI::App& app, Context& context) {
  CLI::App* places =
      app.add_subcommand("places", "The places that the herd knows without asking anyone");
  places->require_subcommand(1);
  places->footer("Example:\n  herd places near 34.0689 -118.4451 --radius 10 --max 5");
  AddImport(*places, context);
  AddNear(*places, context);
  AddInfo(*places, context);
}

}  // namespace herd::cli
