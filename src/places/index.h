#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_bytes.h"
#include "geo/distance.h"
#include "geo/lat_lng.h"
#include "geo/lat_lng_e7.h"
#include "places/index_format.h"

namespace herd::places {

// The number of a place in one index, from 0: places that are near have near numbers.
struct PlaceNumber {
  std::uint64_t value = 0;

  friend auto operator<=>(const PlaceNumber&, const PlaceNumber&) = default;
};

// The places of a file, read into memory and never changed. Any thread, many at once. Once this is
// open, the file may be replaced, cut short, written over or deleted: this goes on with what it
// has.
class Index {
 public:
  // A file that the places came from.
  struct Source {
    std::string_view name;         // of the file, without its folder
    std::string_view attribution;  // what its licence wants shown; may be empty
    std::uint64_t place_count;
  };

  // A place. The texts live as long as the index; they are as the source had them, UTF-8 or not.
  struct Place {
    geo::LatLngE7 position;
    std::string_view name;
    std::string_view id;
    std::string_view vicinity;  // may be empty
    std::string_view types;     // separated by spaces, the most telling first; may be empty
    std::string_view types_json;
    std::uint32_t source;  // index into Sources()
  };

  struct Near {
    PlaceNumber place;
    geo::Metres distance;
  };

  // Reads a file and checks all of it: form, checksums and offsets. The error is one line that
  // names the file and says what to do.
  static std::expected<Index, std::string> Open(const std::filesystem::path& path);

  std::uint64_t PlaceCount() const { return positions_.size(); }
  std::uint64_t FileSize() const { return file_.Bytes().size(); }
  std::span<const Source> Sources() const { return sources_; }

  // `number` is below PlaceCount().
  Place At(PlaceNumber number) const;

  // The nearest places within `radius` (0 or more) of `center`, at most `count_max`, nearest first.
  // Places at the same distance stand in the order of their numbers.
  std::vector<Near> Nearest(const geo::LatLng& center, geo::Metres radius,
                            std::size_t count_max) const;

 private:
  struct Kind {
    std::string_view types;
    std::string types_json;
    std::uint32_t source;
  };

  explicit Index(base::FileBytes file) : file_(std::move(file)) {}

  // Both say what is wrong, or nothing.
  std::string ReadColumns();
  std::string ReadBody();

  std::string_view Text(const format::TextRange& range) const;
  bool HasText(const format::TextRange& range) const;

  base::FileBytes file_;
  std::span<const format::Cell> cells_;  // of the first place of each block
  std::span<const format::Position> positions_;
  std::span<const format::Detail> details_;
  std::string_view text_;
  std::vector<Kind> kinds_;
  std::vector<Source> sources_;
};

}  // namespace herd::places
