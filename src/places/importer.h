#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "places/import.h"
#include "places/index_builder.h"

// What import.cc and the importers of the single formats share.
namespace herd::places {

// Takes the places of one file to the builder and counts what becomes of them.
class PlaceSink {
 public:
  PlaceSink(IndexBuilder& builder, IndexBuilder::SourceNumber source, ImportedFile& counts)
      : builder_(builder), source_(source), counts_(counts) {}

  void Add(const NewPlace& place) {
    switch (builder_.Add(source_, place)) {
      case IndexBuilder::Outcome::kAdded:
        ++counts_.added;
        return;
      case IndexBuilder::Outcome::kNameless:
        ++counts_.nameless;
        return;
      case IndexBuilder::Outcome::kMisplaced:
        ++counts_.misplaced;
        return;
    }
  }
  void AddMisplaced() { ++counts_.misplaced; }

 private:
  IndexBuilder& builder_;
  IndexBuilder::SourceNumber source_;
  ImportedFile& counts_;
};

enum class FileFormat { kCities, kCsv, kGeoJson, kOsmPbf, kOsmXml, kOsmXmlGzip };

// Tells a file's format by its first bytes. The error names the file.
std::expected<FileFormat, std::string> DetectFormat(const std::filesystem::path& file);

// Told how much of one file is read, 0 to 1.
using FileProgress = std::function<void(double fraction)>;

// Each reads one file into the sink. The error names the file; none throws.
using Imported = std::expected<void, std::string>;
Imported ImportCities(const std::filesystem::path& file, PlaceSink& sink,
                      const FileProgress& progress);
Imported ImportCsv(const std::filesystem::path& file, PlaceSink& sink,
                   const FileProgress& progress);
Imported ImportGeoJson(const std::filesystem::path& file, PlaceSink& sink,
                       const FileProgress& progress);
Imported ImportOsm(const std::filesystem::path& file, FileFormat format, PlaceSink& sink,
                   const FileProgress& progress);

// Says how far an importer is, but only every so many steps.
class Pacer {
 public:
  explicit Pacer(const FileProgress& progress) : progress_(progress) {}

  template <typename Fraction>
  void Step(const Fraction& fraction) {
    constexpr unsigned kStepsBetween = 4096;
    if (++steps_ % kStepsBetween == 0) progress_(fraction());
  }

 private:
  const FileProgress& progress_;
  unsigned steps_ = 0;
};

}  // namespace herd::places
