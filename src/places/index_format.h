#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "geo/lat_lng_e7.h"

// The places index on disk; docs/places-index.md describes it. Numbers are little-endian and the
// file is mapped as it is, so a big-endian machine would need a version of its own.
namespace herd::places::format {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::array<char, 8> kMagic{'H', 'E', 'R', 'D', 'P', 'L', 'C', '\n'};
inline constexpr std::uint32_t kVersion = 2;

// At the start of the file. The magic and the version stay where they are in every version.
struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t body_checksum;  // CRC-32 of everything after the header
  std::uint64_t file_size;
  std::uint64_t place_count;
  std::uint64_t text_size;
  std::uint32_t kind_count;
  std::uint32_t source_count;
  std::uint64_t reserved;         // 0
  std::uint32_t reserved_too;     // 0
  std::uint32_t header_checksum;  // CRC-32 of what stands before it
};
static_assert(sizeof(Header) == 64);

// Places stand in the order of the S2 leaf cells of their positions. Kept are only the cells of the
// first place of each block, so that bisecting them stays within a processor's cache.
using Cell = std::uint64_t;
inline constexpr std::uint64_t kBlockPlaces = 16;  // the last block may have less

constexpr std::uint64_t BlockCount(std::uint64_t place_count) {
  return (place_count + kBlockPlaces - 1) / kBlockPlaces;
}

// The columns, `place_count` of each:
using Position = geo::LatLngE7;
static_assert(sizeof(Position) == 8);

// Where the words of a place are: name, ID and vicinity follow each other in the text.
struct Detail {
  std::uint32_t text_low;
  std::uint16_t text_high;  // offset in the text = text_high * 2^32 + text_low
  std::uint16_t name_size;
  std::uint16_t id_size;
  std::uint16_t vicinity_size;
  std::uint32_t kind;

  std::uint64_t TextOffset() const { return (std::uint64_t{text_high} << 32U) | text_low; }
  std::size_t TextSize() const { return std::size_t{name_size} + id_size + vicinity_size; }
};
static_assert(sizeof(Detail) == 16);
inline constexpr std::uint64_t kTextOffsetMax = (std::uint64_t{1} << 48U) - 1;

// A stretch of the text.
struct TextRange {
  std::uint64_t offset;
  std::uint64_t size;
};

// What many places share: their types, separated by spaces, and the source they come from.
struct Kind {
  TextRange types;
  std::uint32_t source;
  std::uint32_t reserved;  // 0
};
static_assert(sizeof(Kind) == 24);

// A file that was imported.
struct Source {
  TextRange name;
  TextRange attribution;
  std::uint64_t place_count;
};
static_assert(sizeof(Source) == 40);

// Where the parts begin. They follow each other without gaps; all but the text are multiples of 8.
struct Layout {
  std::uint64_t cells = sizeof(Header);
  std::uint64_t positions;
  std::uint64_t details;
  std::uint64_t kinds;
  std::uint64_t sources;
  std::uint64_t text;
  std::uint64_t end;

  // The counts are each below kCountMax, so that no sum overflows.
  Layout(std::uint64_t place_count, std::uint64_t kind_count, std::uint64_t source_count,
         std::uint64_t text_size)
      : positions(cells + BlockCount(place_count) * sizeof(Cell)),
        details(positions + place_count * sizeof(Position)),
        kinds(details + place_count * sizeof(Detail)),
        sources(kinds + kind_count * sizeof(Kind)),
        text(sources + source_count * sizeof(Source)),
        end(text + text_size) {}
};
inline constexpr std::uint64_t kCountMax = std::uint64_t{1} << 48U;

}  // namespace herd::places::format
