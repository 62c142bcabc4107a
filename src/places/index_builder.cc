#include "places/index_builder.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/new_file.h"
#include "geo/cells.h"
#include "places/text.h"

namespace herd::places {
namespace {

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::uint32_t Crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// A file, and the checksum of what is appended to it.
class ChecksummedFile {
 public:
  explicit ChecksummedFile(base::NewFile& file) : file_(file) {}

  void Append(std::string_view bytes) {
    file_.Append(bytes);
    checksum_ = static_cast<std::uint32_t>(
        ::crc32_z(checksum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }
  std::uint32_t checksum() const { return checksum_; }

 private:
  base::NewFile& file_;
  std::uint32_t checksum_ = 0;
};

bool InRange(const NewPlace& place) {
  // Written so that not-a-number is out of range.
  return place.lat_deg >= -90 && place.lat_deg <= 90 && place.lng_deg >= -180 &&
         place.lng_deg <= 180;
}

}  // namespace

IndexBuilder::SourceNumber IndexBuilder::AddSource(std::string_view name,
                                                   std::string_view attribution,
                                                   std::string_view id_prefix) {
  sources_.push_back({std::string(name), std::string(attribution), std::string(id_prefix)});
  return {static_cast<std::uint32_t>(sources_.size() - 1)};
}

IndexBuilder::Outcome IndexBuilder::Add(SourceNumber source, const NewPlace& place) {
  const std::string_view name = CutUtf8(Trimmed(place.name), kTextBytesMax);
  if (name.empty()) return Outcome::kNameless;
  if (!InRange(place)) return Outcome::kMisplaced;
  const geo::LatLngE7 position = geo::ToE7({place.lat_deg, place.lng_deg});
  const geo::CellId cell = geo::LeafCell(geo::ToLatLng(position));
  std::string made_up;
  std::string_view id = CutUtf8(Trimmed(place.id), kTextBytesMax);
  if (id.empty()) {
    made_up =
        fmt::format("{}:{:016x}{:08x}", sources_[source.value].id_prefix, cell.value, Crc32(name));
    id = made_up;
  }
  const std::string_view vicinity = CutUtf8(Trimmed(place.vicinity), kTextBytesMax);
  records_.push_back({.cell = cell.value,
                      .position = position,
                      .text = text_.size(),
                      .name_size = static_cast<std::uint16_t>(name.size()),
                      .id_size = static_cast<std::uint16_t>(id.size()),
                      .vicinity_size = static_cast<std::uint16_t>(vicinity.size()),
                      .kind = KindOf(source, place.types)});
  text_.append(name).append(id).append(vicinity);
  return Outcome::kAdded;
}

std::uint32_t IndexBuilder::KindOf(SourceNumber source, std::string_view types) {
  std::string key(BytesOf(source.value));
  key += types;
  const auto [found, is_new] =
      kind_numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(kinds_.size()));
  if (is_new) kinds_.push_back({std::string(types), source.value});
  return found->second;
}

std::string_view IndexBuilder::NameOf(const Record& record) const {
  return {text_.data() + record.text, record.name_size};
}

std::string_view IndexBuilder::IdOf(const Record& record) const {
  return {text_.data() + record.text + record.name_size, record.id_size};
}

void IndexBuilder::SortAndDropRepeated() {
  // Whole order, so that the same places give the same file however they came.
  std::ranges::sort(records_, [this](const Record& a, const Record& b) {
    if (a.cell != b.cell) return a.cell < b.cell;
    if (const int order = IdOf(a).compare(IdOf(b)); order != 0) return order < 0;
    if (const int order = NameOf(a).compare(NameOf(b)); order != 0) return order < 0;
    return a.text < b.text;
  });
  const auto repeated = std::ranges::unique(records_, [this](const Record& a, const Record& b) {
    return a.cell == b.cell && IdOf(a) == IdOf(b) && NameOf(a) == NameOf(b);
  });
  records_.erase(repeated.begin(), repeated.end());
  for (const Record& record : records_) ++sources_[kinds_[record.kind].source].place_count;
}

format::Header IndexBuilder::PlanHeader() const {
  std::uint64_t text_size = 0;
  for (const Record& record : records_) {
    text_size += std::uint64_t{record.name_size} + record.id_size + record.vicinity_size;
  }
  for (const KindEntry& kind : kinds_) text_size += kind.types.size();
  for (const SourceEntry& source : sources_)
    text_size += source.name.size() + source.attribution.size();
  format::Header header{};
  header.magic = format::kMagic;
  header.version = format::kVersion;
  header.place_count = records_.size();
  header.text_size = text_size;
  header.kind_count = static_cast<std::uint32_t>(kinds_.size());
  header.source_count = static_cast<std::uint32_t>(sources_.size());
  header.file_size =
      format::Layout(header.place_count, header.kind_count, header.source_count, text_size).end;
  return header;
}

template <typename Output>
void IndexBuilder::WriteBody(Output& output) const {
  for (std::size_t i = 0; i < records_.size(); i += format::kBlockPlaces) {
    output.Append(BytesOf(records_[i].cell));
  }
  for (const Record& record : records_) output.Append(BytesOf(record.position));
  // The text is written in the order of the records, so that an answer's texts share pages.
  std::uint64_t text = 0;
  const auto take = [&text](std::uint64_t size) { return std::exchange(text, text + size); };
  for (const Record& record : records_) {
    const std::uint64_t offset =
        take(std::uint64_t{record.name_size} + record.id_size + record.vicinity_size);
    output.Append(BytesOf(format::Detail{.text_low = static_cast<std::uint32_t>(offset),
                                         .text_high = static_cast<std::uint16_t>(offset >> 32U),
                                         .name_size = record.name_size,
                                         .id_size = record.id_size,
                                         .vicinity_size = record.vicinity_size,
                                         .kind = record.kind}));
  }
  for (const KindEntry& kind : kinds_) {
    const format::TextRange types{take(kind.types.size()), kind.types.size()};
    output.Append(BytesOf(format::Kind{.types = types, .source = kind.source, .reserved = 0}));
  }
  for (const SourceEntry& source : sources_) {
    const format::TextRange name{take(source.name.size()), source.name.size()};
    const format::TextRange attribution{take(source.attribution.size()), source.attribution.size()};
    output.Append(BytesOf(format::Source{name, attribution, source.place_count}));
  }
  for (const Record& record : records_) {
    const std::size_t size = std::size_t{record.name_size} + record.id_size + record.vicinity_size;
    output.Append({text_.data() + record.text, size});
  }
  for (const KindEntry& kind : kinds_) output.Append(kind.types);
  for (const SourceEntry& source : sources_) {
    output.Append(source.name);
    output.Append(source.attribution);
  }
}

std::expected<std::uint64_t, std::string> IndexBuilder::Write(
    const std::filesystem::path& path) && {
  SortAndDropRepeated();
  format::Header header = PlanHeader();
  if (header.text_size > format::kTextOffsetMax) {
    return std::unexpected(path.string() + ": too many places for one index");
  }
  std::expected<base::NewFile, std::string> file =
      base::NewFile::Create(path, base::IfExists::kReplace);
  if (!file) return std::unexpected(std::move(file.error()));
  file->Append(BytesOf(header));
  ChecksummedFile body(*file);
  WriteBody(body);
  header.body_checksum = body.checksum();
  header.header_checksum =
      Crc32(BytesOf(header).substr(0, offsetof(format::Header, header_checksum)));
  file->OverwriteStart(BytesOf(header));
  if (std::expected<bool, std::string> done = file->Commit(); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return records_.size();
}

}  // namespace herd::places
