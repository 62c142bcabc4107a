#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "places/index_format.h"

namespace herd::places {

// Texts of a place are cut to this, between characters: it bounds what one place adds to an answer.
inline constexpr std::size_t kTextBytesMax = 1024;

// A place as an importer found it.
struct NewPlace {
  std::string_view name;
  double lat_deg = 0;
  double lng_deg = 0;
  std::string_view id;        // empty: one is made up of position and name, the same at each import
  std::string_view vicinity;  // where it is, in words; may be empty
  std::string_view types;     // separated by spaces, the most telling first
};

// Collects places in memory (about 40 bytes and the texts for each) and writes them as an index.
// One thread at a time.
class IndexBuilder {
 public:
  struct SourceNumber {
    std::uint32_t value = 0;
  };

  // What became of a place.
  enum class Outcome { kAdded, kNameless, kMisplaced };

  // `name` is the file's, `attribution` what its licence wants shown (or empty), `id_prefix` what
  // made up IDs begin with, as in "geonames".
  SourceNumber AddSource(std::string_view name, std::string_view attribution,
                         std::string_view id_prefix);

  // A name of nothing but white space is none; a position must be in the range of LatLng.
  Outcome Add(SourceNumber source, const NewPlace& place);

  std::uint64_t PlaceCount() const { return records_.size(); }

  // Sorts what was added and writes it: first beside `path`, then, when all of it is safely on
  // disk, in place of `path`. Makes the folders it needs. On an error, which names the file, `path`
  // is as it was. Places that came twice (same cell, ID and name) are written once; returns how
  // many places were written. Uses the builder up.
  std::expected<std::uint64_t, std::string> Write(const std::filesystem::path& path) &&;

 private:
  struct Record {
    format::Cell cell;
    format::Position position;
    std::uint64_t text;
    std::uint16_t name_size;
    std::uint16_t id_size;
    std::uint16_t vicinity_size;
    std::uint32_t kind;
  };
  struct KindEntry {
    std::string types;
    std::uint32_t source;
  };
  struct SourceEntry {
    std::string name;
    std::string attribution;
    std::string id_prefix;
    std::uint64_t place_count = 0;
  };

  std::uint32_t KindOf(SourceNumber source, std::string_view types);
  std::string_view NameOf(const Record& record) const;
  std::string_view IdOf(const Record& record) const;
  void SortAndDropRepeated();
  // Fills in what the header says about the rest; the checksums come when the rest is written.
  format::Header PlanHeader() const;
  template <typename Output>
  void WriteBody(Output& output) const;

  std::vector<Record> records_;
  std::string text_;
  std::vector<KindEntry> kinds_;
  std::unordered_map<std::string, std::uint32_t> kind_numbers_;
  std::vector<SourceEntry> sources_;
};

}  // namespace herd::places
