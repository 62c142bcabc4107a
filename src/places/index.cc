#include "places/index.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "places/json.h"

namespace herd::places {
namespace {

std::uint32_t Checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// The bytes start at a page and every column at a multiple of 8 in it.
template <typename T>
std::span<const T> Column(std::string_view file, std::uint64_t offset, std::uint64_t count) {
  return {reinterpret_cast<const T*>(file.data() + offset), count};
}

std::string TypesJson(std::string_view types) {
  std::string json = "[";
  while (!types.empty()) {
    const std::size_t end = std::min(types.find(' '), types.size());
    if (json.size() > 1) json += ',';
    AppendJsonString(json, types.substr(0, end));
    types.remove_prefix(std::min(end + 1, types.size()));
  }
  return json + "]";
}

constexpr std::string_view kDamaged = "checksum does not match: import it again";
constexpr std::string_view kInconsistent = "contradicts itself: import it again";

// What the first bytes of a file say of it, and its size: what is wrong, or nothing.
std::string CheckHeader(std::string_view head, std::uint64_t size) {
  format::Header header{};
  head.copy(reinterpret_cast<char*>(&header), sizeof(header));
  if (head.size() < sizeof(header.magic) || header.magic != format::kMagic) {
    return "not a Herd places index";
  }
  if (head.size() < sizeof(header)) return "truncated: import it again";
  if (header.version != format::kVersion) {
    return "of format version " + std::to_string(header.version) + ", this herd reads version " +
           std::to_string(format::kVersion) + ": import it again";
  }
  const std::size_t checked = offsetof(format::Header, header_checksum);
  if (Checksum(head.substr(0, checked)) != header.header_checksum) return std::string(kDamaged);
  if (header.file_size > size) {
    return "truncated: has " + std::to_string(size) + " of " + std::to_string(header.file_size) +
           " bytes: import it again";
  }
  if (header.file_size < size) {
    return "longer than it should be, " + std::to_string(size) + " instead of " +
           std::to_string(header.file_size) + " bytes: import it again";
  }
  if (header.place_count >= format::kCountMax || header.text_size >= format::kCountMax) {
    return std::string(kInconsistent);
  }
  const format::Layout layout(header.place_count, header.kind_count, header.source_count,
                              header.text_size);
  if (layout.end != header.file_size) return std::string(kInconsistent);
  return "";
}

}  // namespace

std::expected<Index, std::string> Index::Open(const std::filesystem::path& path) {
  std::expected<base::FileBytes, std::string> file = base::FileBytes::Read(path, CheckHeader);
  if (!file) return std::unexpected(std::move(file.error()));
  Index index(*std::move(file));
  std::string problem = index.ReadColumns();
  if (problem.empty()) problem = index.ReadBody();
  if (!problem.empty()) return std::unexpected(path.string() + ": " + problem);
  return index;
}

std::string Index::ReadColumns() {
  const std::string_view bytes = file_.Bytes();
  format::Header header{};
  bytes.copy(reinterpret_cast<char*>(&header), sizeof(header));
  if (Checksum(bytes.substr(sizeof(header))) != header.body_checksum) return std::string(kDamaged);

  const format::Layout layout(header.place_count, header.kind_count, header.source_count,
                              header.text_size);
  cells_ = Column<format::Cell>(bytes, layout.cells, format::BlockCount(header.place_count));
  positions_ = Column<format::Position>(bytes, layout.positions, header.place_count);
  details_ = Column<format::Detail>(bytes, layout.details, header.place_count);
  text_ = bytes.substr(layout.text);
  for (const auto& kind : Column<format::Kind>(bytes, layout.kinds, header.kind_count)) {
    if (!HasText(kind.types) || kind.source >= header.source_count)
      return std::string(kInconsistent);
    const std::string_view types = Text(kind.types);
    kinds_.push_back({types, TypesJson(types), kind.source});
  }
  for (const auto& source : Column<format::Source>(bytes, layout.sources, header.source_count)) {
    if (!HasText(source.name) || !HasText(source.attribution)) return std::string(kInconsistent);
    sources_.push_back({Text(source.name), Text(source.attribution), source.place_count});
  }
  return "";
}

// A file with right checksums was still written by someone: nothing in it may lead outside of it.
std::string Index::ReadBody() {
  format::Cell previous = 0;
  for (const format::Cell cell : cells_) {
    if (cell < previous) return std::string(kInconsistent);
    previous = cell;
  }
  for (const format::Position& position : positions_) {
    if (position.lat < -geo::kLatMaxE7 || position.lat > geo::kLatMaxE7 ||
        position.lng < -geo::kLngMaxE7 || position.lng > geo::kLngMaxE7) {
      return std::string(kInconsistent);
    }
  }
  for (const format::Detail& detail : details_) {
    if (detail.kind >= kinds_.size() || !HasText({detail.TextOffset(), detail.TextSize()})) {
      return std::string(kInconsistent);
    }
  }
  return "";
}

bool Index::HasText(const format::TextRange& range) const {
  return range.offset <= text_.size() && range.size <= text_.size() - range.offset;
}

std::string_view Index::Text(const format::TextRange& range) const {
  return {text_.data() + range.offset, range.size};
}

Index::Place Index::At(PlaceNumber number) const {
  const format::Detail& detail = details_[number.value];
  const Kind& kind = kinds_[detail.kind];
  const char* text = text_.data() + detail.TextOffset();
  const std::size_t id = detail.name_size;
  const std::size_t vicinity = id + detail.id_size;
  return {.position = positions_[number.value],
          .name = {text, detail.name_size},
          .id = {text + id, detail.id_size},
          .vicinity = {text + vicinity, detail.vicinity_size},
          .types = kind.types,
          .types_json = kind.types_json,
          .source = kind.source};
}

}  // namespace herd::places
